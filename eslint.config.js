import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/*", "!static/**", "!tests/**", "!eslint.config.js"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: "module" },
    // What is taken out of an object on the way to the rest of it has a name that says so.
    rules: {
      "no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
      // What makes files small for people takes `void (a && b())` for nothing, and leaves both calls out.
      "no-restricted-syntax": ["error", { selector: "UnaryExpression[operator='void'] > LogicalExpression", message: "Say `if (a) b();`: the minifier leaves this out." }],
    },
  },
  { files: ["static/**"], languageOptions: { globals: globals.browser } },
  { files: ["tests/js/**"], languageOptions: { globals: { ...globals.nodeBuiltin, ...globals.browser } } },
];
