/** The attributes of the selected region, as its label asks for them: a small form in the side panel. */
import { createAttributeWords } from "./attribute_words.js";
import { element } from "./elements.js";
import { isOpen } from "./required_attributes.js";
import { say } from "./words.js";

/**
 * @param {HTMLElement} host
 * @param {{onSet: (key: string, value: string|number|boolean|null) => void, onDone: () => void,
 *   words?: import("./attribute_words.js").Wording}} ways
 */
export function createAttributeFields(host, { onSet, onDone, words }) {
  const form = element("div", { class: "attributes" });
  const fault = element("p", { class: "small offer__failed", id: "attributes-fault", role: "alert", hidden: true });
  const leave = (event) => {
    if (event.key !== "Escape" && (event.key !== "Enter" || event.target.matches("button"))) return;
    event.preventDefault();
    event.stopPropagation();
    onDone();
  };
  const part = element(
    "section",
    { class: "panel-part", "aria-labelledby": "attributes-title", hidden: true, onkeydown: leave },
    element("h2", { class: "panel-part__title", id: "attributes-title" }, say("Attributes")),
    form,
    fault,
  );
  host.append(part);
  let shown = "";
  let fields = new Map();
  let wording = []; // beside the fields of text, where words may be asked for
  let required = []; // names by which what is still open is said, once that was asked
  let told = false;

  function fieldOf(attribute, value) {
    const common = { class: "attributes__input", "data-attribute": attribute.key, "aria-describedby": "attributes-fault", "aria-required": attribute.required ? "true" : undefined };
    if (attribute.kind === "flag" && attribute.required) return eitherField(attribute.key, common);
    if (attribute.kind === "flag") {
      return element("input", { type: "checkbox", ...common, class: "", onchange: ({ target }) => onSet(attribute.key, target.checked) });
    }
    if (attribute.kind === "choice") {
      const known = [...attribute.choices, ...(value && !attribute.choices.includes(value) ? [value] : [])];
      const options = known.map((choice) => element("option", { value: choice }, choice));
      return element("select", { ...common, onchange: ({ target }) => onSet(attribute.key, target.value) }, element("option", { value: "" }, "–"), ...options);
    }
    if (attribute.kind === "number") return numberField(attribute.key, common);
    return element("input", { type: "text", maxlength: 1000, ...common, oninput: ({ target }) => onSet(attribute.key, target.value) });
  }

  /** Yes or no, where leaving it open is neither. */
  function eitherField(key, common) {
    const options = [["", "–"], ["true", say("yes")], ["false", say("no")]].map(([value, text]) => element("option", { value }, text));
    return element("select", { ...common, onchange: ({ target }) => onSet(key, target.value && target.value === "true") }, ...options);
  }

  /** What is no number is said, and what was there before stays. */
  function numberField(key, common) {
    const typed = ({ target }) => {
      judge();
      if (target.validity.valid) onSet(key, target.value === "" ? "" : Number(target.value));
    };
    return element("input", { type: "number", step: "any", ...common, oninput: typed });
  }

  function judge() {
    const isWanted = (key) => told && required.some((one) => one.key === key) && fields.get(key).validity.valid && isOpen(fields.get(key).value);
    const wrong = [...fields.values()].some((one) => !one.validity.valid);
    const open = required.filter(({ key }) => isWanted(key));
    for (const [key, field] of fields) field.setAttribute("aria-invalid", String(!field.validity.valid || isWanted(key)));
    const names = open.map(({ name }) => name).join(", ");
    const words = wrong ? say("A number is asked here.") : names && say("Still open: {fields}", { fields: names });
    if (fault.textContent !== words) fault.textContent = words;
    fault.hidden = !words;
  }

  function build(attributes, values) {
    fields = new Map(attributes.map((attribute) => [attribute.key, fieldOf(attribute, values[attribute.key])]));
    required = attributes.filter((attribute) => attribute.required);
    told = false;
    wording = [];
    const rows = attributes.flatMap((attribute) => {
      const flag = attribute.kind === "flag" && !attribute.required;
      const mark = attribute.required && element("span", { class: "muted" }, ` ${say("required")}`);
      const row = element("label", { class: `attributes__row${flag ? " attributes__row--flag" : ""}` }, element("span", { class: "small" }, attribute.name, mark), fields.get(attribute.key));
      return words && attribute.kind === "text" ? [row, worded(attribute)] : [row];
    });
    form.replaceChildren(...rows);
  }

  function worded(attribute) {
    const about = shown;
    const isShown = () => about === shown;
    const onTake = (text) => {
      const field = fields.get(attribute.key);
      field.value = text;
      onSet(attribute.key, text);
      field.focus();
    };
    const made = createAttributeWords(attribute, { words, isShown, onTake });
    wording.push(made);
    return made.host;
  }

  return {
    /** @param {{id: string, attributes: any}|null} region @param {any[]} asked by its label @param {boolean} fixed locked */
    show(region, asked, fixed) {
      part.hidden = !region || !asked.length;
      if (part.hidden) return void (shown = "");
      const now = `${region.id}\n${asked.map((one) => one.key).join("\n")}`;
      const before = shown;
      shown = now;
      if (now !== before) build(asked, region.attributes);
      for (const one of wording) one.show(fixed);
      for (const [key, field] of fields) {
        const value = region.attributes[key];
        field.disabled = fixed;
        if (field.type === "checkbox") field.checked = value === true;
        else if (document.activeElement !== field || field.tagName === "SELECT") field.value = String(value ?? "");
      }
      judge();
    },
    /** @returns {boolean} whether there is a field to go to */
    focus() {
      const [first] = fields.values();
      if (part.hidden || !first) return false;
      first.focus();
      return true;
    },
    /** Say what the shown one leaves open, and go to it. @param {string} key of the attribute to go to */
    ask(key) {
      told = true;
      if (part.hidden) return;
      judge();
      fields.get(key)?.focus();
    },
  };
}
