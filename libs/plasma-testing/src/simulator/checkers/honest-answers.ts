/** C11 and C12: no answer says that the server failed, unless something did; and each mutation of a push has one answer. */

import type { ErrorBody, PushRequest, PushResponse } from "@sh1n4ps/plasma-core";
import type { Checker, WorldView } from "../world/checker.ts";
import type { Exchange } from "../world/network.ts";
import type { State } from "../world/states.ts";

/** What has to have happened while the server was at it, for its answer to say that. */
const EXCUSES: Readonly<Record<string, readonly State[]>> = {
  unavailable: ["database failed before it did anything", "database failed after it had written"],
  "mutation-held": ["mutator failed on the server"],
};

export function honestAnswers<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  /** What the server has said of its last trouble, which no answer says. */
  let why = "";
  const isExcused = ({ answer, hasMet }: Exchange<Ctx>): boolean => {
    const { code } = JSON.parse(answer.body) as ErrorBody;
    const excuses = (answer.status === 503 && EXCUSES[code]) || [];
    return excuses.some((state) => hasMet(state));
  };
  return {
    answered(exchange) {
      const { line, path, request, answer } = exchange;
      const { status, body } = answer;
      if (status >= 500 && !isExcused(exchange)) {
        world.fail(`C11: a ${path} was answered ${status} ${body}: ${why}`);
      }
      if (path !== "push" || status !== 200) return;
      const { mutations } = JSON.parse(request) as PushRequest;
      const { results, lastMutationID } = JSON.parse(body) as PushResponse;
      const ids = results.map(({ id }) => id).join();
      if (ids !== mutations.map(({ id }) => id).join()) {
        world.fail(`C12: of ${request} the answers are ${body}`);
      }
      for (const [at, result] of results.entries()) {
        if (result.status === "not-reached") continue;
        const { person } = line;
        const { uid = "", name } = mutations[at] ?? {};
        const decision = world.timeline.decisionOf(person, uid);
        if (!decision) {
          world.fail(`C12: ${name} ${uid} was answered as ${result.status}, and is not decided`);
          continue;
        }
        const code = result.status === "ok" ? null : result.code;
        if (code !== decision.code) {
          world.fail(
            `C12: ${decision.name} was decided as ${decision.code}, and answered as ${code}`,
          );
        }
      }
      const last = mutations.at(-1)?.id ?? 0;
      const isAll = results.every((result) => result.status !== "not-reached");
      if (isAll && lastMutationID < last)
        world.fail(`C12: all decided up to ${lastMutationID}: ${body}`);
    },
    serverError(error) {
      why = `${error.message}: ${String(error.cause)}`;
      const { mutator } = (error.details ?? {}) as { mutator?: string };
      if (error.kind === "mutation-error" && mutator !== undefined && mutator !== "stumble") {
        world.fail(`C11: ${mutator} is said to have failed: ${why}`);
      }
      if (error.kind === "internal") world.fail(`C11: ${error.message}: ${String(error.cause)}`);
    },
  };
}
