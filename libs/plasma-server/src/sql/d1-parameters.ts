/**
 * D1 binds at most 100 parameters to a statement. Of one that has more, all travel as a single JSON list, from which
 * the statement takes each at its place.
 */

import type { SqlParam, Statement } from "./executor.ts";
import { replacePlaceholders } from "./placeholders.ts";
import { mantissaAndExponent } from "./sqlite-real.ts";

const MAX_PARAMETERS = 100;

export function withFewParameters(statement: Statement): Statement {
  const { params } = statement;
  if (params.length <= MAX_PARAMETERS) return statement;
  const { text } = replacePlaceholders(statement.text, (at) => elementOf(params[at]!, at));
  return { text, params: [JSON.stringify(params.map(listed))] };
}

function isFraction(param: SqlParam): param is number {
  return typeof param === "number" && !Number.isSafeInteger(param);
}

/** D1's SQLite does not parse every decimal to the nearest double, but the product of these two is exact. */
function listed(param: SqlParam): unknown {
  return isFraction(param) ? mantissaAndExponent(param) : param;
}

function elementOf(param: SqlParam, at: number): string {
  if (!isFraction(param)) return `(?1 ->> ${at})`;
  return `(CAST(?1 ->> '$[${at}][0]' AS REAL) * pow(2.0, ?1 ->> '$[${at}][1]'))`;
}
