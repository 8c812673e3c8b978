/**
 * Bugs of the engine that the simulator has found, each with a test that proves it mended, and with its place in the bug
 * bank. That the simulator would find it today is proved there: the bug is planted again, and the seed that
 * `bug-bank/catches.json` has for it must find it. The seeds here did so at their time; a seed has another course once the
 * workload or the engine has changed, so that most of them would no longer meet their bug.
 */

export interface FoundBug {
  /** As the bug bank calls it. */
  readonly bug: string;
  /** Below `libs/`, and the title of the test in it. */
  readonly test: readonly [file: string, title: string];
  /** What found it at its time, in the engine or planted. */
  readonly foundBy: readonly { readonly seed: number; readonly ops: number }[];
}

const TABS = "plasma-client/src/replica/tabs.test.ts";
const TROUBLE = "plasma-server/src/contract/trouble-contract.ts";

export const foundBugs: readonly FoundBug[] = [
  {
    bug: "a mutation of another tab is put over rows older than its own",
    test: [TABS, "never puts a mutation over rows that are older than those it was made on"],
    foundBy: [
      { seed: 182, ops: 500 },
      { seed: 186, ops: 500 },
    ],
  },
  {
    bug: "a pull asks only about the clients that have something to send",
    test: [TABS, "says what became of that mutation too"],
    foundBy: [
      { seed: 358, ops: 500 },
      { seed: 935, ops: 500 },
    ],
  },
  {
    bug: "a mutation is charged with the failures of the database",
    test: [TROUBLE, "that one is not put aside as if it had failed"],
    foundBy: [
      { seed: 223, ops: 500 },
      { seed: 303, ops: 500 },
    ],
  },
  {
    bug: "images of a mutation that did not see another one's are kept",
    test: [
      TABS,
      "shows what two tabs have written to one row at the same moment, one on top of the other",
    ],
    foundBy: [{ seed: 2, ops: 500 }],
  },
  {
    bug: "a group is not asked whether each of it could stand alone",
    test: [
      "plasma-server/src/contract/group-contract.ts",
      "a reference to a row that only a later one makes is missing",
    ],
    foundBy: [{ seed: 14, ops: 100 }],
  },
  {
    bug: "a pull that a compaction overtakes is answered as a failure",
    test: [
      "plasma-server/src/contract/compaction-contract.ts",
      "between two looks of a first page tells the client to pull again",
    ],
    foundBy: [{ seed: 2806, ops: 382 }],
  },
  {
    bug: "a later page takes what is forgotten for undecided",
    test: [
      "plasma-server/src/contract/pages-contract.ts",
      "settle what was decided so long ago that its outcome is forgotten",
    ],
    foundBy: [
      { seed: 17, ops: 300 },
      { seed: 21, ops: 300 },
    ],
  },
  {
    bug: "a mutation that has got another client id cannot be given up",
    test: [
      "plasma-client/src/replica/replica.test.ts",
      "finds one by its receipt when it has another client id",
    ],
    foundBy: [{ seed: 55, ops: 300 }],
  },
  {
    bug: "the outbox keeps content of rows that are gone",
    test: [
      "plasma-client/src/replica/revoked-images.test.ts",
      "is gone from the device, though a waiting mutation has written to it",
    ],
    foundBy: [{ seed: 13, ops: 300 }],
  },
];
