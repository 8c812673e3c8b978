/**
 * Composing SQL: a tagged template whose holes take other fragments only. A value enters as a bound parameter
 * (`bind`), an identifier quoted (`name`); there is no third way, so nothing from outside can become SQL.
 */

import type { SqlParam, Statement } from "./executor.ts";

/** A piece of SQL with its parameters in order. A complete one is a statement. */
export type SqlFragment = Statement;

export function sql(strings: TemplateStringsArray, ...parts: readonly SqlFragment[]): SqlFragment {
  let text = strings[0] ?? "";
  const params: SqlParam[] = [];
  // By index: statements are put together for each push, of many small parts.
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] as SqlFragment;
    text += part.text + (strings[at + 1] ?? "");
    for (const param of part.params) params.push(param);
  }
  return { text, params };
}

export function bind(param: SqlParam): SqlFragment {
  return { text: "?", params: [param] };
}

/** A number with its type, for places that do not give it one, such as the columns of a SELECT. */
export function bindInteger(value: number | null): SqlFragment {
  return { text: "CAST(? AS bigint)", params: [value] };
}

/** The same for text. */
export function bindText(value: string | null): SqlFragment {
  return { text: "CAST(? AS text)", params: [value] };
}

/** A whole number that the engine itself counts. Bound, it would be a double on D1. */
export function integer(value: number): SqlFragment {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number.`);
  return { text: String(value), params: [] };
}

export function name(identifier: string): SqlFragment {
  return { text: quoted(identifier), params: [] };
}

/** `alias.column` */
export function columnOf(alias: string, column: string): SqlFragment {
  return { text: `${quoted(alias)}.${quoted(column)}`, params: [] };
}

export function join(parts: readonly SqlFragment[], separator = ", "): SqlFragment {
  return {
    text: parts.map((part) => part.text).join(separator),
    params: parts.flatMap((part) => part.params),
  };
}

/** Joined as a balanced tree, because D1 allows expressions of depth 100 only. */
export function tree(parts: readonly SqlFragment[], operator: "AND" | "OR"): SqlFragment {
  const [only] = parts;
  if (!only) return { text: operator === "AND" ? "(1 = 1)" : "(1 = 0)", params: [] };
  if (parts.length === 1) return only;
  const half = parts.length >> 1;
  return join(
    [
      { text: "(", params: [] },
      tree(parts.slice(0, half), operator),
      { text: ` ${operator} `, params: [] },
      tree(parts.slice(half), operator),
      { text: ")", params: [] },
    ],
    "",
  );
}

export interface Cte {
  readonly name: string;
  readonly body: SqlFragment;
  /** Default: left to the database. */
  readonly materialized?: boolean;
}

/** `WITH …`, or nothing. */
export function withCtes(ctes: readonly Cte[]): SqlFragment {
  if (ctes.length === 0) return { text: "", params: [] };
  const parts = ctes.map((cte) => {
    const hint =
      cte.materialized === undefined
        ? ""
        : cte.materialized
          ? " MATERIALIZED"
          : " NOT MATERIALIZED";
    return {
      text: `${quoted(cte.name)} AS${hint} (${cte.body.text})`,
      params: cte.body.params,
    };
  });
  return sql`WITH ${join(parts)} `;
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
