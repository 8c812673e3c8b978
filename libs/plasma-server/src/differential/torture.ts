/** Asks one engine a torture case, and says what it should have said. */

import type { Row } from "@sh1n4ps/plasma-core";
import type { Engine } from "./engine.ts";
import { outcomeOf, valueText } from "./outcome.ts";
import { tortureWorld } from "./torture-case.ts";
import type { TortureCase } from "./torture-case.ts";
import { loadWorld } from "./world.ts";

/** Two texts, which are equal if the engine is right. */
export async function askTorture(
  engine: Engine,
  { rows, query, expected }: TortureCase,
): Promise<{ readonly said: string; readonly expected: string }> {
  await engine.load(loadWorld(tortureWorld(rows)));
  const outcome = await outcomeOf(engine, query);
  const said =
    outcome.kind === "error"
      ? `error ${outcome.code}`
      : valueText(outcome.rows.map("ids" in expected ? idOf : shown));
  if ("error" in expected) return { said, expected: `error ${expected.error}` };
  return { said, expected: valueText("ids" in expected ? expected.ids : expected.values) };
}

function idOf(row: Row): unknown {
  return row["id"];
}

/** The value itself where a row has only that. */
function shown(row: Row): unknown {
  return Object.keys(row).length === 1 && "value" in row ? row["value"] : row;
}
