/** The fields of a classification as form controls: real radio buttons, checkboxes, a tree, number and text boxes. */
import { CHOICES, labelsOf } from "./asked_fields.js";
import { createChoiceTree } from "./choice_tree.js";
import { element, swatch } from "../shared/elements.js";
import { say } from "../shared/words.js";

/**
 * @param {HTMLElement} host
 * @param {{fields: any[], labels: any[], keyOf: (label: string) => string,
 *   onChoose: (field: any, label: string, byHand: boolean) => void,
 *   onType: (field: any, value: unknown) => void, onRest: () => void, onEnter: () => void}} ways
 */
export function createFieldForm(host, ways) {
  const parts = new Map(ways.fields.map((field) => [field.key, makePart(field, ways)]));
  host.append(element("div", { class: "asked" }, ...[...parts.values()].map((part) => part.host)));
  return {
    /** @param {{shown: any[], values: any, proposed: any, current: string|null, faults: string[]}} state */
    show({ shown, values, proposed, current, faults }) {
      const visible = new Set(shown.map((field) => field.key));
      for (const [key, part] of parts) {
        part.host.hidden = !visible.has(key);
        part.host.toggleAttribute("data-current", key === current);
        part.mark(values[key]);
        part.tell(faults.includes(key), proposed[key] !== undefined);
      }
    },
    focus: (key) => parts.get(key)?.focus(),
    /** The tree at hand, or the first in sight, takes letters as names. @returns {boolean} whether there is one */
    search(key) {
      const trees = [parts.get(key), ...parts.values()].filter((part) => part?.search && !part.host.hidden);
      trees[0]?.search();
      return trees.length > 0;
    },
    bring: (key) => parts.get(key)?.host.scrollIntoView({ block: "nearest" }),
    /** The field that an element is in. @returns {string|null} */
    fieldOf: (node) => node?.closest?.("[data-field]")?.dataset.field ?? null,
  };
}

function makePart(field, ways) {
  const make = { choice: options, multiple: options, tree, number, text }[field.kind];
  const part = make(field, ways);
  const hint = element("p", { class: "asked__fault small", id: `fault-${field.key}`, hidden: true }, fault(field));
  const sign = element("span", { class: "badge", hidden: true }, say("Proposed"));
  const name = element("span", {}, field.name);
  const optional = !field.required && element("span", { class: "small muted" }, say("optional"));
  const grouped = CHOICES.includes(field.kind) && field.kind !== "tree";
  const head = grouped ? element("legend", { class: "asked__name" }, name, optional, sign) : element("label", { class: "asked__name", for: part.id }, name, optional, sign);
  const body = element(grouped ? "fieldset" : "div", { class: "asked__field panel-part", "data-field": field.key }, head, part.control, hint);
  return {
    ...part,
    host: body,
    tell(wrong, proposed) {
      hint.hidden = !wrong;
      sign.hidden = !proposed;
      for (const input of part.inputs) {
        if (!wrong) for (const name of ["aria-invalid", "aria-describedby"]) input.removeAttribute(name);
        else if (input.type !== "radio" && input.role !== "tree") input.setAttribute("aria-invalid", "true");
        if (wrong) input.setAttribute("aria-describedby", hint.id);
      }
    },
  };
}

function fault({ kind, min, max, step, longest }) {
  if (kind === "number" && max !== undefined && step) return say("A number from {min} to {max} in steps of {step}.", { min, max, step });
  if (kind === "number" && max !== undefined) return say("A number from {min} to {max}.", { min, max });
  if (kind === "number") return say("A number is asked here.");
  if (kind === "text") return say("Some words are asked here, at most {longest} characters.", { longest: longest ?? 2000 });
  return say("Choose here first.");
}

function options(field, { fields, labels, keyOf, onChoose }) {
  const own = labelsOf(field, fields, labels);
  const type = field.kind === "choice" ? "radio" : "checkbox";
  const inputs = own.map((label) =>
    element("input", { type, name: `asked-${field.key}`, value: label.key, onchange: () => onChoose(field, label.key, false) }),
  );
  const rows = own.map((label, place) => {
    const key = keyOf(label.key);
    const digit = !key && place < 9 && element("kbd", { class: "key asked__digit" }, String(place + 1));
    return element("label", { class: "asked__option", onclick: (event) => event.detail > 0 && event.target !== inputs[place] && pressed(place) }, inputs[place], label.colour && swatch(label.colour, label.pattern), element("span", { class: "asked__word" }, label.name), key ? element("kbd", { class: "key" }, key) : digit);
  });
  /** A press with the mouse that changes nothing still says "this one". */
  function pressed(place) {
    if (type === "radio" && inputs[place].checked) onChoose(field, own[place].key, true);
  }
  return {
    id: null,
    inputs,
    control: element("div", { class: "asked__options" }, ...rows),
    mark(value) {
      const chosen = [value ?? []].flat();
      for (const input of inputs) input.checked = chosen.includes(input.value);
    },
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0])?.focus({ preventScroll: false }),
  };
}

function tree(field, { fields, labels, onChoose }) {
  const made = createChoiceTree({ field, labels: labelsOf(field, fields, labels), onChoose: (label) => onChoose(field, label, false) });
  const path = element("p", { class: "asked__path small" });
  const nameOf = (key) => labels.find((label) => label.key === key)?.name ?? key;
  return {
    id: made.host.id,
    inputs: [made.host],
    control: element("div", {}, path, made.host),
    mark(value) {
      path.textContent = value ? value.map(nameOf).join(" › ") : say("Nothing chosen yet. Type / and a name, or walk with the arrows.");
      made.mark(value);
    },
    focus: () => made.host.focus(),
    search: made.search,
  };
}

function number(field, { onType, onRest, onEnter }) {
  const { min, max, step, unit } = field;
  const input = element("input", { class: "input number", type: "number", id: `asked-${field.key}`, min, max, step: step ?? "any", inputmode: "decimal", autocomplete: "off", onblur: onRest });
  input.addEventListener("input", () => onType(field, input.value === "" ? (input.validity.badInput ? NaN : undefined) : input.valueAsNumber));
  input.addEventListener("keydown", (event) => entered(event, onEnter));
  return {
    id: input.id,
    inputs: [input],
    control: element("div", { class: "asked__number" }, input, unit && element("span", { class: "muted" }, unit)),
    mark(value) {
      const now = input.value === "" ? undefined : input.valueAsNumber;
      if (now !== value && !Number.isNaN(value)) input.value = value ?? "";
    },
    focus: () => input.focus(),
  };
}

function text(field, { onType, onRest, onEnter }) {
  const input = element("textarea", { class: "input", id: `asked-${field.key}`, rows: 3, dir: "auto", maxlength: field.longest ?? 2000, onblur: onRest });
  input.addEventListener("input", () => onType(field, input.value === "" ? undefined : input.value));
  input.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && entered(event, onEnter));
  return {
    id: input.id,
    inputs: [input],
    control: input,
    mark(value) {
      if (input.value !== (value ?? "")) input.value = value ?? "";
    },
    focus: () => input.focus(),
  };
}

function entered(event, onEnter) {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  onEnter();
}
