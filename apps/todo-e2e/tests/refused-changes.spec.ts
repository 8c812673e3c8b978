/** What the server refuses. */
import { ApiClient } from "../support/api-client.ts";
import { storedTodos } from "../support/database.ts";
import { expect, test } from "../support/test.ts";
import { unique } from "../support/unique.ts";

test("an offline edit of a list that one was removed from meanwhile goes away, and shows under “Refused changes” with its reason", async ({
  openWindow,
  sync,
}) => {
  const api = await ApiClient.as("ada");
  const list = await api.createList(unique("Book club"), ["Choose a book"]);
  await api.share(list, "grace");
  const grace = await openWindow("grace", list);
  await expect(grace.todo("Choose a book")).toBeVisible();

  await grace.goOffline();
  const refused = unique("Read chapter one");
  await grace.add(refused);
  await grace.tickOff("Choose a book");
  await expect(grace.refusedChanges).toHaveCount(0);
  await api.removeMember(list, "grace");
  await grace.goOnline();

  await expect(grace.refusedChanges).toContainText(refused);
  await expect(grace.refusedChanges).toContainText(/not allowed|permission|may not/i);
  await expect(grace.todo(refused)).toHaveCount(0);
  await expect(grace.page.getByRole("link", { name: list.name })).toHaveCount(0);
  await grace.expectSynced();
  expect(storedTodos(sync.databaseDir, list.id).map(({ title }) => title)).toEqual([
    "Choose a book",
  ]);

  // What she changed without adding anything is not taken for done either, and trying again says the same.
  const tick = grace.refusedChanges.getByRole("listitem").filter({ hasText: "Complete a todo" });
  await expect(tick).toContainText("This todo is gone");
  await tick.getByRole("button", { name: "Try again" }).click();
  const notice = grace.page.getByRole("alert").filter({ hasText: "Complete a todo" });
  await expect(notice).toContainText("This todo is gone");

  // They stay until they are dismissed, over a reload too, and then they are gone for good.
  await grace.page.reload();
  await expect(grace.refusedChanges).toContainText(refused);
  await tick.getByRole("button", { name: /dismiss/i }).click();
  await expect(tick).toHaveCount(0);
  await grace.refusedChanges.getByRole("button", { name: /dismiss/i }).click();
  await expect(grace.refusedChanges).toHaveCount(0);
  await grace.page.reload();
  await grace.expectSynced();
  await expect(grace.refusedChanges).toHaveCount(0);
});
