/** What axe finds wrong: nothing, on any screen, in either theme. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ApiClient } from "../support/api-client.ts";
import { expect, test } from "../support/test.ts";
import { unique } from "../support/unique.ts";

for (const colorScheme of ["light", "dark"] as const) {
  test(`no screen has an accessibility violation in the ${colorScheme} theme`, async ({
    openWindow,
  }) => {
    const api = await ApiClient.as("ada");
    const list = await api.createList(unique("Accessible"), ["Open todo", "Done todo"]);
    await api.share(list, "grace");
    const empty = await api.createList(unique("Empty"));
    const grace = await openWindow("grace", list, { colorScheme });
    await grace.tickOff("Done todo");
    await expectNoViolations(grace.page, "a list");

    await grace.shareButton.click();
    await expect(grace.page.getByRole("dialog")).toBeVisible();
    await expectNoViolations(grace.page, "the share dialog");
    await grace.page.keyboard.press("Escape");

    await grace.newListButton.click();
    await expectNoViolations(grace.page, "the dialog for a new list");
    await grace.page.keyboard.press("Escape");

    await grace.goOffline();
    await grace.add("Will be refused");
    await expectNoViolations(grace.page, "a list while offline");
    await api.removeMember(list, "grace");
    await grace.goOnline();
    await expect(grace.refusedChanges).toBeVisible();
    await expectNoViolations(grace.page, "refused changes, and a list that is gone");

    await grace.page.goto("/join#not-a-token");
    await expect(grace.page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectNoViolations(grace.page, "a broken invite link");

    const ada = await openWindow("ada", empty, { colorScheme });
    await expectNoViolations(ada.page, "an empty list");
  });
}

async function expectNoViolations(page: Page, screen: string): Promise<void> {
  // A colour in the middle of a transition is nobody's choice.
  await page.addStyleTag({
    content: "*, *::before, *::after { transition: none !important; animation: none !important; }",
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map(({ html, failureSummary }) => `${html} — ${failureSummary}`),
  }));
  expect(found, screen).toEqual([]);
}
