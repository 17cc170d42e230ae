import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/*", "!static/**", "!tests/**", "!eslint.config.js"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: "module" },
    // What is taken out of an object on the way to the rest of it has a name that says so.
    rules: { "no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }] },
  },
  { files: ["static/**"], languageOptions: { globals: globals.browser } },
  { files: ["tests/js/**"], languageOptions: { globals: { ...globals.nodeBuiltin, ...globals.browser } } },
];
