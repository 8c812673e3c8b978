/**
 * Bugs of the engine that the simulator has found, each with a seed, a test that proves that it is mended, and its place in
 * the bug bank, where it is planted again. A seed has another course once the workload has changed: where it found the bug
 * at its time the entry says so, and otherwise it is the one that finds the planted bug now.
 */

export interface FoundBug {
  readonly seed: number;
  readonly ops: number;
  /** The seed found it, not only finds it when it is planted. */
  readonly atItsTime?: true;
  /** As the bug bank calls it. */
  readonly bug: string;
  /** Below `libs/`, and the title of the test in it. */
  readonly test: readonly [file: string, title: string];
}

const TABS = "plasma-client/src/replica/tabs.test.ts";

export const foundBugs: readonly FoundBug[] = [
  ...[182, 186].map((seed): FoundBug => ({
    ...{ seed, ops: 500, atItsTime: true },
    bug: "a mutation of another tab is put over rows older than its own",
    test: [TABS, "never puts a mutation over rows that are older than those it was made on"],
  })),
  ...[358, 935].map((seed): FoundBug => ({
    ...{ seed, ops: 500, atItsTime: true },
    bug: "a pull asks only about the clients that have something to send",
    test: [TABS, "says what became of that mutation too"],
  })),
  ...[223, 303].map((seed): FoundBug => ({
    ...{ seed, ops: 500, atItsTime: true },
    bug: "a mutation is charged with the failures of the database",
    test: [
      "plasma-server/src/contract/trouble-contract.ts",
      "that one is not put aside as if it had failed",
    ],
  })),
  {
    ...{ seed: 50, ops: 500 },
    bug: "an attempt that the database does not take back stays counted",
    test: [
      "plasma-server/src/contract/trouble-contract.ts",
      "and does not take back that it was counted",
    ],
  },
  {
    ...{ seed: 2, ops: 500 },
    bug: "images of a mutation that did not see another one's are kept",
    test: [
      TABS,
      "shows what two tabs have written to one row at the same moment, one on top of the other",
    ],
  },
  {
    ...{ seed: 14, ops: 100 },
    bug: "a group is not asked whether each of it could stand alone",
    test: [
      "plasma-server/src/contract/group-contract.ts",
      "a reference to a row that only a later one makes is missing",
    ],
  },
];
