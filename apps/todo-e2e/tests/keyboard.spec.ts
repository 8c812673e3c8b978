/** Everything that one does most can be done without a mouse. */
import type { Locator, Page } from "@playwright/test";
import { ApiClient } from "../support/api-client.ts";
import { expect, test } from "../support/test.ts";
import { unique } from "../support/unique.ts";

test("making, sharing and joining a list, and writing, editing, ticking off, moving and deleting todos take no more than a keyboard", async ({
  openWindow,
}) => {
  const ada = await openWindow("ada");
  const { page } = ada;
  const { keyboard } = page;
  await ada.expectOnline();

  const name = unique("By keyboard");
  await tabTo(page, ada.newListButton);
  await keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Name" })).toBeFocused();
  await keyboard.type(name);
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { name })).toBeVisible();

  await tabTo(page, ada.newTodo);
  for (const title of ["First", "Second", "Third"]) {
    await keyboard.type(title);
    await keyboard.press("Enter");
    await expect(ada.todo(title)).toBeVisible();
  }
  expect(await ada.titles()).toEqual(["First", "Second", "Third"]);

  await tabTo(page, ada.checkbox("Second"));
  await keyboard.press("Space");
  await expect(ada.checkbox("Second")).toBeChecked();

  await tabTo(page, ada.todo("First").getByText("First", { exact: true }));
  await keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Edit First" })).toBeFocused();
  await keyboard.type("The very first");
  await keyboard.press("Enter");
  await expect(ada.todo("The very first")).toBeVisible();

  await tabTo(page, page.getByRole("button", { name: "Move The very first" }));
  // Each key waits for what a screen reader says to the one before, as people do.
  const said = page.getByText(/^The very first .*place \d of 3\.$|^Picked up/);
  await keyboard.press("Space");
  await expect(said).toContainText("at place 1 of 3");
  await keyboard.press("ArrowDown");
  await expect(said).toContainText("at place 2 of 3");
  await keyboard.press("ArrowDown");
  await expect(said).toContainText("at place 3 of 3");
  await keyboard.press("Space");
  await expect(said).toContainText("was put down at place 3 of 3");
  await expect.poll(() => ada.titles()).toEqual(["Second", "Third", "The very first"]);

  await tabTo(page, page.getByRole("button", { name: "Delete Third" }));
  await keyboard.press("Enter");
  await expect(ada.todo("Third")).toHaveCount(0);

  await tabTo(page, ada.shareButton);
  await keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Create invite link" }));
  await keyboard.press("Enter");
  const link = await page.getByRole("textbox", { name: "Invite link" }).inputValue();
  await keyboard.press("Escape");
  await expect(ada.shareButton).toBeFocused();
  const api = await ApiClient.as("ada");
  const invites = async () => (await api.snapshot()).get("invites") ?? [];
  const token = new URL(link).hash.slice(1);
  await expect.poll(async () => (await invites()).map((row) => row.token)).toContain(token);

  const grace = await openWindow("grace");
  await grace.page.goto(link);
  const join = grace.page.getByRole("button", { name: /join/i });
  await tabTo(grace.page, join);
  await grace.page.keyboard.press("Enter");
  await expect(grace.page.getByRole("heading", { name })).toBeVisible();
  await expect.poll(() => grace.titles()).toEqual(["Second", "The very first"]);
  await expect(ada.page.getByRole("list", { name: "Members" })).toContainText("Grace");
});

/** Presses Tab until the element has the focus, which must happen within one round of the page. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 80; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("80 presses of Tab do not reach it.");
}
