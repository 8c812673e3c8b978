/** Not a checker: notes the states that a run passes through, so that runs that pass through few of them are found out. */

import type { PullRequest, PullResponse, PushRequest, PushResponse } from "@sh1n4ps/plasma-core";
import type { Decision } from "../timeline.ts";
import type { Checker, WorldView } from "../world/checker.ts";
import { readCookie } from "../world/cookie.ts";
import type { Exchange } from "../world/network.ts";
import type { State } from "../world/states.ts";

const BY_CODE: Readonly<Record<string, State>> = {
  no: "refused by the mutator",
  forbidden: "refused by a rule",
  conflict: "unique value taken",
  "missing-reference": "missing reference",
  restricted: "delete held back by a reference",
  quarantined: "mutation quarantined",
  overdrawn: "account overdrawn refused",
  "last-on-call": "last one on call stays",
  "too-many": "one claim too many refused",
};

const BY_RESET: Readonly<Record<string, State>> = {
  changed: "snapshot because the rules changed",
  expired: "snapshot because the log was compacted",
  "rolled-back": "snapshot because the database was rolled back",
};

const BY_REFUSAL: Readonly<Record<string, State>> = {
  gap: "refused with a gap",
  "client-forked": "refused as a fork",
  "restart-pull": "pull restarted",
  "mutation-held": "push held back by a mutation",
};

export function sometimes<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const { states } = world;
  const deleted = new Set<string>();
  const users = new Map<string, string>();
  let lastVersion = 0;

  const rows = (decision: Decision) => {
    const { name, code, before, after } = decision;
    const { id } = (decision.args ?? {}) as { id?: string };
    if (code !== null || id === undefined) return;
    if (name === "deleteBoard" && before["cards"]!.size > after["cards"]!.size) {
      states.reached("cascade");
    }
    if (name === "deleteCard" && before["cards"]!.has(id)) deleted.add(id);
    if (name === "addCard" && deleted.has(id)) states.reached("row deleted and made anew");
  };

  const pullAnswer = ({ request, answer }: Exchange<Ctx>) => {
    const { cookie, patch, hasMore, reset } = JSON.parse(answer.body) as PullResponse;
    if (hasMore) states.reached("pull of several pages");
    const reason = reset && BY_RESET[reset];
    if (reason) states.reached(reason);
    const { cookie: from } = JSON.parse(request) as PullRequest;
    if (reset && from !== null && readCookie(from).page) {
      states.reached("snapshot begun anew between two pages");
    }
    if (from === null || hasMore || patch.some(({ op }) => op === "clear")) return;
    const [start, end] = [readCookie(from), readCookie(cookie)];
    const old = world.timeline.stateAt(start.version ?? -1, start.nonce)?.["cards"];
    const now = world.timeline.stateAt(end.version ?? -1, end.nonce)?.["cards"];
    for (const operation of patch) {
      if (operation.op === "clear" || operation.table !== "cards") continue;
      const id = operation.op === "put" ? (operation.row["id"] as string) : operation.id;
      if (!old?.has(id) || old.get(id) !== now?.get(id)) continue;
      states.reached(
        operation.op === "put" ? "row entered by a membership" : "row left by a membership",
      );
    }
  };

  return {
    decided(decision) {
      const state = decision.code === null ? undefined : BY_CODE[decision.code];
      if (state) states.reached(state);
      if (decision.isMoved) states.reached("outcome taken over from another client id");
      if (decision.version === lastVersion) states.reached("several mutations in one commit");
      lastVersion = decision.version;
      rows(decision);
    },
    answered(exchange) {
      const { path, answer } = exchange;
      if (answer.status !== 200) {
        const { code } = JSON.parse(answer.body) as { code: string };
        const state = BY_REFUSAL[code];
        if (state) states.reached(state);
        if (answer.status === 413) {
          const isSeveral = (JSON.parse(exchange.request) as PushRequest).mutations.length > 1;
          states.reached(
            isSeveral ? "push too large, and cut" : "mutation too large for the server",
          );
        }
        if (answer.status === 503) states.reached("server unavailable for a moment");
      } else if (path === "pull") {
        pullAnswer(exchange);
      } else if (path === "push") {
        const { results } = JSON.parse(answer.body) as PushResponse;
        const isDuplicate = results.some((result) => "duplicate" in result && result.duplicate);
        if (isDuplicate) states.reached("duplicate answered from the stored outcome");
      }
    },
    async pulled(disk, commit, outcome) {
      if (outcome.kind === "stale") return states.reached("pull overtaken by another tab");
      const { outbox } = await disk.peek();
      if (outbox.length > 0) states.reached("pull with mutations still pending");
      const open = [...world.deviceOf(disk).tabs].map(({ client }) => client.clientID);
      const isOfNobody = Object.keys(commit.lastMutationIDs).some((id) => !open.includes(id));
      if (isOfNobody) states.reached("pull settled mutations of a tab that is gone");
    },
    stored(_disk, _state, what) {
      if (what === "renewClient") states.reached("client id renewed");
      if (what === "resetBase") states.reached("local rows forgotten");
    },
    toldOfDiscard(_op, outcome) {
      const when = outcome === "discarded" ? "before" : "after";
      states.reached(`mutation discarded ${when} it was decided`);
    },
    told(op) {
      if (op.status === "failed" && op.code === "quota") {
        states.reached("mutation taken back because it could not be stored");
      }
      if (op.status === "failed" && op.name === "paste" && op.code === "invalid-value") {
        states.reached("mutation too large for the device");
      }
      if (op.status !== "durable" || !op.receipt) return;
      const { clientID } = op.receipt;
      if (!users.has(clientID)) users.set(clientID, op.tab);
      if (users.get(clientID) !== op.tab) {
        states.reached("client id taken over from a tab that is gone");
      }
    },
    clientError(_tab, error) {
      if (error.kind === "rebase-replay") {
        states.reached("pending mutation run again without effect");
      }
      if (error.kind === "mutations-undone") states.reached("undone mutations reported");
    },
  };
}
