/** What people did, and what they were told became of it. */

export type OpStatus =
  /** Not known to be on the device. */
  | "made"
  /** The tab said no: nothing was kept. */
  | "failed"
  /** The tab said that it is kept. */
  | "durable"
  /** The tab said that the server has it. */
  | "confirmed"
  /** The tab said that the server refused it. */
  | "refused";

export interface Op {
  readonly token: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly person: string;
  readonly device: string;
  readonly tab: string;
  /** How often the device had lost everything by then. */
  readonly cleared: number;
  status: OpStatus;
  uid: string | null;
  receipt: { readonly clientID: string; readonly id: number; readonly uid: string } | null;
  /** Why it failed or was refused. */
  code: string | null;
  /** The person gave it up. */
  isDiscarded: boolean;
  /** The person has seen that it was refused, and wants to see it no more. */
  isDismissed: boolean;
}

export class History {
  readonly ops: Op[] = [];
  readonly byToken = new Map<string, Op>();
  readonly byUid = new Map<string, Op>();

  add(op: Op): void {
    this.ops.push(op);
    this.byToken.set(op.token, op);
  }
}
