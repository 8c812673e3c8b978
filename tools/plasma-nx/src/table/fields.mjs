/** The fields of a page: how a person fills a column in, how it is read from the form, and how it is shown. */

import { capitalized, inWords } from "../columns.mjs";

/** By type: the attributes of its input, and its value made of the input's text. Without an entry nobody fills it in. */
const INPUTS = {
  text: { attributes: 'autoComplete="off"', value: (text) => text },
  int: { attributes: 'type="number" step="1"', value: (text) => `Number(${text})` },
  real: { attributes: 'type="number" step="any"', value: (text) => `Number(${text})` },
  bigint: {
    attributes: 'inputMode="numeric" pattern="-?[0-9]+" title="A whole number"',
    value: (text) => `BigInt(${text})`,
  },
  timestamp: { attributes: 'type="datetime-local"', value: (text) => `new Date(${text})` },
};

const FIELD = "rounded-lg border border-edge bg-surface px-2 py-1";

/** Whether a page can make rows with it: it has an input, or may be left out. */
export function canBeFilledIn({ type, nullable }) {
  return nullable || type === "boolean" || Object.hasOwn(INPUTS, type);
}

/** Below the first one, with its name beside it. Empty for what nobody fills in. */
export function inputOf({ name, type, nullable }) {
  const label = capitalized(inWords(name));
  if (type === "boolean") {
    return `<label className="flex items-center gap-2 text-sm text-soft">
          <input type="checkbox" name="${name}" />
          ${label}
        </label>`;
  }
  if (!Object.hasOwn(INPUTS, type)) return "";
  const required = nullable ? "" : "required ";
  return `<label className="flex items-center gap-2 text-sm text-soft">
          ${label}
          <input name="${name}" ${required}${INPUTS[type].attributes} className="${FIELD}" />
        </label>`;
}

/** In `submit`, where `text("name")` is what was written. */
export function valueOf({ name, type, nullable }) {
  if (type === "boolean") return `fields.has("${name}")`;
  if (!Object.hasOwn(INPUTS, type)) return "null";
  const text = `text("${name}")`;
  const value = INPUTS[type].value(text);
  if (!nullable) return value;
  return type === "text" ? `${text} || null` : `${text} ? ${value} : null`;
}

/** In the list. What has no value is shown as a dash. */
export function shownOf({ name, type, nullable }, row) {
  const value = `${row}.${name}`;
  const shown = {
    boolean: `${value} ? "yes" : "no"`,
    timestamp: `${value}.toLocaleString()`,
    bigint: `${value}.toString()`,
    json: `JSON.stringify(${value})`,
    blob: `\`\${${value}.byteLength} bytes\``,
  }[type];
  if (!nullable || type === "boolean") return shown ?? value;
  return shown ? `${value} === null ? "–" : ${shown}` : `${value} ?? "–"`;
}
