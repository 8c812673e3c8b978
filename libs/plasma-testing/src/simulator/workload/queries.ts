/** What tabs keep on their screens: one query of each way in which live queries are kept up to date. */

import { asc, count, desc, eq, exists, gt, select, sum } from "@sh1n4ps/plasma-core";
import type { ReadDb } from "@sh1n4ps/plasma-core";
import { accounts, boards, cards, claims, members, tags } from "./app.ts";
import type { schema } from "./app.ts";

export const queries = (db: ReadDb<typeof schema>) => ({
  "the richest accounts": db
    .select()
    .from(accounts)
    .where(gt(accounts.balance, 20))
    .orderBy(desc(accounts.balance), asc(accounts.id))
    .limit(2),
  "cards with their boards": db
    .select({ card: cards.id, owner: boards.owner })
    .from(cards)
    .innerJoin(boards, eq(cards.boardId, boards.id))
    .orderBy(asc(cards.id)),
  // Found by the value that it asks for.
  "cards of one board": db
    .select()
    .from(cards)
    .where(eq(cards.boardId, "b0"))
    .orderBy(asc(cards.id)),
  "members of each board": db
    .select({ board: members.boardId, people: count() })
    .from(members)
    .groupBy(members.boardId)
    .orderBy(asc(members.boardId)),
  "claims with a tag": db
    .select()
    .from(claims)
    .where(exists(select().from(tags).where(eq(tags.claimId, claims.id))))
    .orderBy(asc(claims.name)),
  "all money": db.select({ total: sum(accounts.balance) }).from(accounts),
});
