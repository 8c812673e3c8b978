/**
 * States that some runs must reach, or the runs prove little: named here, counted, printed. `simulate.mjs` fails when a long
 * run has not reached all of them.
 */

export const STATES = {
  "answer lost after the commit": "network",
  "request lost": "network",
  "request delivered twice": "network",
  "request delivered again much later": "network",
  "request hangs until the client gives up": "network",
  "answer of something in between": "network",
  "device offline with mutations waiting": "network",
  "server crashed with requests in flight": "server",
  "database failed after it had written": "server",
  "database failed before it did anything": "server",
  "database restored from a backup": "server",
  "guard aborted a commit": "server",
  "server on D1 has written": "server",
  "upkeep failed half-way": "server",
  "upkeep died half-way": "server",
  "upkeep left something for its next run": "server",
  "upkeep forgot outcomes": "server",
  "several mutations in one commit": "server",
  "duplicate answered from the stored outcome": "server",
  "refused with a gap": "server",
  "refused as a fork": "server",
  "outcome taken over from another client id": "server",
  "mutator failed on the server": "server",
  "mutation quarantined": "server",
  "refused by the mutator": "server",
  "refused by a rule": "server",
  "unique value taken": "server",
  "missing reference": "server",
  "delete held back by a reference": "server",
  "push held back by a mutation": "server",
  "push too large, and cut": "server",
  "mutation too large for the server": "server",
  "mutation given up because of its size": "tab",
  "mutation too large for the device": "tab",
  "server unavailable for a moment": "server",
  "pull of several pages": "pull",
  "pull restarted": "pull",
  "snapshot begun anew between two pages": "pull",
  "snapshot because the rules changed": "pull",
  "snapshot because the log was compacted": "pull",
  "snapshot because the database was rolled back": "pull",
  "row entered by a membership": "pull",
  "row left by a membership": "pull",
  "pull overtaken by another tab": "pull",
  "pull settled mutations of a tab that is gone": "pull",
  "pull with mutations still pending": "pull",
  "tab killed with storage in flight": "tab",
  "tab killed with a request in flight": "tab",
  "tab frozen while it leads": "tab",
  "leadership taken over": "tab",
  "client id taken over from a tab that is gone": "tab",
  "client id renewed": "tab",
  "storage full": "tab",
  "storage connection lost with transactions in flight": "tab",
  "storage connection lost after a transaction had happened": "tab",
  "storage closed by a newer version": "tab",
  "mutation taken back because it could not be stored": "tab",
  "device cleared by the browser": "tab",
  "profile copied": "tab",
  "mutation discarded before it was decided": "tab",
  "mutation discarded after it was decided": "tab",
  "rejected mutation tried again": "tab",
  "pending mutation run again without effect": "tab",
  cascade: "rows",
  "row deleted and made anew": "rows",
  "account overdrawn refused": "rows",
  "last one on call stays": "rows",
  "one claim too many refused": "rows",
  "write by other SQL": "rows",
  "undone mutations reported": "tab",
  "local rows forgotten": "tab",
} as const;

export type State = keyof typeof STATES;

export class StateCounts {
  readonly counts = new Map<State, number>();

  reached(state: State): void {
    this.counts.set(state, (this.counts.get(state) ?? 0) + 1);
  }
}
