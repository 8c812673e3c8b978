/** One person, many tabs of one browser: one of them syncs for all, and any of them may go or freeze. */
import type { BrowserContext } from "@playwright/test";
import { ApiClient } from "../support/api-client.ts";
import type { TestList } from "../support/api-client.ts";
import { storedTodos } from "../support/database.ts";
import { waitUntilStored } from "../support/local-data.ts";
import { Tab } from "../support/tab.ts";
import { expect, test } from "../support/test.ts";
import { TodoPage } from "../support/todo-page.ts";
import { unique } from "../support/unique.ts";

const SYNCS = "Online";
/** What a tab says while another one syncs. */
const FOLLOWS = "Via another tab";

test("a leader that is frozen loses its place, so that what another tab adds reaches the server", async ({
  context,
  sync,
}) => {
  const list = await (await ApiClient.as("ada")).createList(unique("Frozen leader"));
  const leader = await openTab(context, list);
  await leader.window.expectOnline();
  const follower = await openTab(context, list);
  await expect(follower.window.syncStatus).toContainText(FOLLOWS);
  await leader.freeze();
  const title = unique("Added beside a frozen tab");
  await follower.window.add(title);
  await follower.window.expectSynced();
  expect(titlesStored(sync.databaseDir, list)).toEqual([title]);

  await leader.thaw();
  await expect(leader.window.syncStatus).toContainText(FOLLOWS);
  await expect(leader.window.todo(title)).toBeVisible();
});

test("a leader that was frozen for a moment sends what another tab added meanwhile, after a change of its own too", async ({
  context,
  sync,
}) => {
  const list = await (await ApiClient.as("ada")).createList(unique("Dozing leader"));
  const leader = await openTab(context, list);
  await leader.window.expectOnline();
  const follower = await openTab(context, list);
  await expect(follower.window.syncStatus).toContainText(FOLLOWS);
  await leader.freeze();
  const missed = unique("Added while the leader dozed");
  await follower.window.newTodo.fill(missed);
  await follower.window.newTodo.press("Enter");
  await waitUntilStored(follower.window.page, `"${missed}"`);
  await leader.thaw();
  const own = unique("Added by the leader");
  await leader.window.add(own);
  await expect.poll(() => titlesStored(sync.databaseDir, list)).toEqual([own, missed].toSorted());
  await expect(leader.window.todo(missed)).toBeVisible();
});

test("five tabs that close, open, freeze and thaw at random all end with the same rows as the server", async ({
  context,
  sync,
}) => {
  test.setTimeout(180_000);
  const seed = Number(process.env.PLASMA_SEED ?? Date.now() % 1_000_000);
  const list = await (await ApiClient.as("ada")).createList(unique("Five tabs"));
  const tabs: Tab[] = [];
  for (let count = 0; count < 5; count += 1) tabs.push(await openTab(context, list));
  const story: string[] = [];
  try {
    const expected = await liveAtRandom({ context, list, tabs, seed, story });
    for (const tab of tabs) await tab.thaw();
    await expect
      .poll(() => titlesStored(sync.databaseDir, list), { timeout: 60_000 })
      .toEqual(expected.toSorted());
    for (const { window } of tabs) {
      await expect(window.syncStatus).not.toContainText("unsent", { timeout: 30_000 });
      await expect(window.syncStatus).toContainText(new RegExp(`${SYNCS}|${FOLLOWS}`));
      await expect
        .poll(async () => (await window.titles()).toSorted(), { timeout: 30_000 })
        .toEqual(expected.toSorted());
    }
    expect(new Set(expected).size).toBe(expected.length);
  } catch (error) {
    const told = story.map((line, step) => `  ${step}: ${line}`).join("\n");
    throw new Error(`PLASMA_SEED=${seed} makes the same choices again:\n${told}`, {
      cause: error,
    });
  }
});

/** Gives the titles that were added; writes down what is about to be done. */
async function liveAtRandom({
  context,
  list,
  tabs,
  seed,
  story,
}: {
  readonly context: BrowserContext;
  readonly list: TestList;
  readonly tabs: Tab[];
  readonly seed: number;
  readonly story: string[];
}): Promise<string[]> {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const tell = (what: string, tab: Tab) => story.push(`${what} (tab ${tabs.indexOf(tab)})`);
  const expected: string[] = [];
  for (let step = 0; step < 40; step += 1) {
    const awake = tabs.filter((tab) => !tab.isFrozen);
    const chance = random();
    if (chance < 0.15 && awake.length > 2) {
      const freezing = pick(awake);
      tell("freeze", freezing);
      await freezing.freeze();
    } else if (chance < 0.3 && awake.length < tabs.length) {
      const thawing = pick(tabs.filter((tab) => tab.isFrozen));
      tell("thaw", thawing);
      await thawing.thaw();
    } else if (chance < 0.4 && awake.length > 2) {
      const closing = pick(awake);
      tell("close", closing);
      tabs.splice(tabs.indexOf(closing), 1);
      await closing.close();
    } else if (chance < 0.55 && tabs.length < 5) {
      story.push("open");
      tabs.push(await openTab(context, list));
    } else {
      const adding = pick(awake);
      const title = `Todo ${step}`;
      tell(`add "${title}"`, adding);
      await adding.window.newTodo.fill(title);
      await adding.window.newTodo.press("Enter");
      // From then on it must survive whatever happens to this tab.
      await waitUntilStored(adding.window.page, `"${title}"`);
      expected.push(title);
    }
  }
  return expected;
}

async function openTab(context: BrowserContext, list: TestList): Promise<Tab> {
  const window = new TodoPage(await Tab.openPage(context), "ada");
  await window.open(list);
  return new Tab(window);
}

function titlesStored(databaseDir: string, list: TestList): string[] {
  return storedTodos(databaseDir, list.id)
    .map(({ title }) => title)
    .toSorted();
}

/** Mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
