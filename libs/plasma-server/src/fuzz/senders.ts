/** Tabs that send requests which would be right, if nothing happened to them on the way. */

import { encodeTagged, PROTOCOL_VERSION } from "@sh1n4ps/plasma-core";
import type { Chance } from "../contract/random.ts";
import { SCHEMA_VERSION } from "../contract/world.ts";
import type { Draft } from "./draft.ts";
import { hiddenIds, PEOPLE } from "./population.ts";
import type { Person } from "./population.ts";

/** What a tab has learnt from the answers so far. */
export interface Sender {
  readonly person: Person;
  clientID: string;
  nextID: number;
  cookie: string | null;
  ticket: { readonly ticket: string; readonly room: string } | null;
}

const TABS = 3;

export function createSenders(): Sender[] {
  return PEOPLE.flatMap((person) =>
    Array.from({ length: TABS }, (_, tab) => ({
      person,
      clientID: `tab-${tab}-${person}`,
      nextID: 1,
      cookie: null,
      ticket: null,
    })),
  );
}

export function validDraft(sender: Sender, random: Chance): Draft {
  const { person, clientID } = sender;
  const headers = {
    "content-type": "application/json",
    authorization: `Bearer ${person}`,
    "x-plasma-client-id": clientID,
    "x-plasma-client-group-id": person,
  };
  const handshake = {
    protocolVersion: PROTOCOL_VERSION,
    schemaVersion: SCHEMA_VERSION,
    clientGroupID: person,
    clientID,
  };
  const post = (path: string, value: unknown): Draft => ({
    path: `/sync/${path}`,
    method: "POST",
    headers,
    body: { kind: "json", value },
  });
  switch (random.below(10)) {
    case 0:
      return post("ticket", random.oneIn(2) ? {} : { room: person });
    case 1:
      return socketDraft(sender, headers);
    case 2:
    case 3:
    case 4:
    case 5:
      return post("pull", {
        ...handshake,
        cookie: random.oneIn(5) ? null : sender.cookie,
        limit: random.pick([1, 2, 5, 20]),
        clients: [{ clientID, confirmed: Math.max(0, sender.nextID - 1 - random.below(3)) }],
      });
    default:
      return post("push", {
        ...handshake,
        confirmed: Math.max(0, sender.nextID - 1 - random.below(10)),
        mutations: Array.from({ length: 1 + random.below(3) }, (_, at) => ({
          id: sender.nextID + at,
          uid: `uid-${clientID}-${sender.nextID + at}-${random.below(1000)}`,
          timestamp: 0,
          ...randomMutation(person, random),
        })),
        ...(random.oneIn(4) && { base: sender.cookie }),
        ...(random.oneIn(20) && { retry: true }),
      });
  }
}

function socketDraft({ ticket }: Sender, headers: Draft["headers"]): Draft {
  const offered = ticket ? `plasma.v1, plasma.ticket.${ticket.ticket}` : "plasma.v1";
  return {
    path: `/sync/coordinator?room=${encodeURIComponent(ticket?.room ?? "nowhere")}`,
    method: "GET",
    headers: { ...headers, upgrade: "websocket", "sec-websocket-protocol": offered },
    body: { kind: "none" },
  };
}

function randomMutation(person: Person, random: Chance): { name: string; args: unknown } {
  const foreign = PEOPLE.filter((other) => other !== person).flatMap(hiddenIds);
  const rowId = () => (random.oneIn(3) ? random.pick(foreign) : `t${random.below(60)}`);
  const listId = () =>
    random.oneIn(4) ? random.pick(foreign) : random.pick(["shared", `l${random.below(6)}`]);
  const other = () => random.pick(PEOPLE);
  const all: readonly (readonly [string, unknown])[] = [
    ["createSharedList", { id: listId(), name: "n", userIds: [person, other()] }],
    ["takeList", { id: listId() }],
    ["deleteList", { id: listId() }],
    ["addMember", { listId: listId(), userId: other() }],
    ["removeMember", { listId: listId(), userId: other() }],
    ["addTodo", { id: rowId(), listId: listId(), title: "t" }],
    ["addTodo", { id: rowId(), listId: "shared", title: "t", code: `c${random.below(9)}` }],
    ["moveTodo", { id: rowId(), listId: listId() }],
    ["rename", { id: rowId(), title: "r" }],
    ["countLists", { id: rowId(), listId: listId() }],
    ["tradeCodes", { left: rowId(), right: rowId() }],
    ["deleteTodo", { id: rowId() }],
    ["writeNote", { id: rowId(), body: `${other()}:note` }],
    ["keepSecret", { id: rowId(), owner: random.oneIn(2) ? null : other() }],
    [
      "putThing",
      {
        id: `t${random.below(60)}`,
        big: 5n,
        moment: new Date(1),
        bytes: new Uint8Array([1, 2]),
        document: { a: [1, { b: null }] },
      },
    ],
    ["takeShare", { id: rowId(), amount: random.below(9) }],
    ["refuse", { code: "no-luck" }],
    ["crash", {}],
    ["__noop", null],
    ["constructor", {}],
  ];
  const [name, args] = random.pick(all);
  return { name, args: encodeTagged(args) };
}
