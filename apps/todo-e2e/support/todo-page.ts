/** One person's window of the app: what one does there, in the words of the screen. */
import { expect } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import type { TestList } from "./api-client.ts";
import type { Person } from "./person.ts";

export class TodoPage {
  readonly page: Page;
  readonly person: Person;
  readonly newTodo: Locator;
  readonly newListButton: Locator;
  readonly shareButton: Locator;
  readonly offlineSwitch: Locator;
  readonly viewAs: Locator;
  readonly syncStatus: Locator;
  readonly refusedChanges: Locator;
  readonly todoList: Locator;
  readonly todos: Locator;

  constructor(page: Page, person: Person) {
    this.page = page;
    this.person = person;
    this.newTodo = page.getByRole("textbox", { name: "Add a todo" });
    this.newListButton = page.getByRole("button", { name: "New list" });
    this.shareButton = page.getByRole("button", { name: "Share list" });
    this.offlineSwitch = page.getByRole("switch", { name: "Take this window offline" });
    this.viewAs = page.getByRole("combobox", { name: "View as" });
    this.syncStatus = page.getByRole("status", { name: "Sync status" });
    this.refusedChanges = page.getByRole("region", { name: "Refused changes" });
    this.todoList = page.getByRole("list", { name: "Todos" });
    this.todos = this.todoList.getByRole("listitem");
  }

  /** Opens the app as the person, at a list or (null) wherever the app begins. */
  async open(list?: TestList | null): Promise<void> {
    const query = new URLSearchParams({ as: this.person, ...(list ? { list: list.id } : {}) });
    await this.page.goto(`/?${query}`);
    // The window belongs to the person once the app runs in it: a test that goes elsewhere before would lose them.
    await expect(this.viewAs).toHaveValue(this.person);
    if (list) await expect(this.page.getByRole("heading", { name: list.name })).toBeVisible();
  }

  /** The todo with exactly this title. */
  todo(title: string): Locator {
    return this.todos.filter({
      has: this.page.getByRole("checkbox", { name: title, exact: true }),
    });
  }

  checkbox(title: string): Locator {
    return this.todoList.getByRole("checkbox", { name: title, exact: true });
  }

  /** What is on the screen, from top to bottom. */
  async titles(): Promise<string[]> {
    return await titlesIn(this.todos);
  }

  async doneTitles(): Promise<string[]> {
    const isDone = this.page.getByRole("checkbox", { checked: true });
    return await titlesIn(this.todos.filter({ has: isDone }));
  }

  async add(title: string): Promise<void> {
    await this.newTodo.fill(title);
    await this.newTodo.press("Enter");
    await expect(this.todo(title)).toBeVisible();
  }

  async tickOff(title: string): Promise<void> {
    await this.checkbox(title).click();
    await expect(this.checkbox(title)).toBeChecked();
  }

  async rename(from: string, to: string): Promise<void> {
    await this.todo(from).getByText(from, { exact: true }).dblclick();
    const field = this.page.getByRole("textbox", { name: `Edit ${from}`, exact: true });
    await field.fill(to);
    await field.press("Enter");
    await expect(this.todo(to)).toBeVisible();
  }

  async delete(title: string): Promise<void> {
    await this.todo(title).hover();
    await this.page.getByRole("button", { name: `Delete ${title}`, exact: true }).click();
    await expect(this.todo(title)).toHaveCount(0);
  }

  async goOffline(): Promise<void> {
    await this.offlineSwitch.click();
    await expect(this.offlineSwitch).toBeChecked();
    await expect(this.syncStatus).toContainText("Offline");
  }

  async goOnline(): Promise<void> {
    await this.offlineSwitch.click();
    await expect(this.offlineSwitch).not.toBeChecked();
    await this.expectOnline();
  }

  /** What the browser does when the device has a network again: it ends all waiting. */
  async sayNetworkIsBack(): Promise<void> {
    await this.page.evaluate(() => window.dispatchEvent(new Event("online")));
  }

  async expectOnline(): Promise<void> {
    await expect(this.syncStatus).toContainText("Online", { timeout: 30_000 });
  }

  /** Nothing waits to be sent, and the server has answered. (A change made this very moment may not wait yet.) */
  async expectSynced(): Promise<void> {
    await this.expectOnline();
    await expect(this.syncStatus).not.toContainText("unsent", { timeout: 30_000 });
  }

  /** Takes the network away from the page, and makes sure that its service worker has none either. */
  async cutNetwork(): Promise<void> {
    const context = this.page.context();
    await context.setOffline(true);
    expect(context.serviceWorkers()).toHaveLength(1);
    for (const worker of context.serviceWorkers()) {
      const reached = await worker.evaluate(() =>
        fetch("/?is-there-a-network", { cache: "no-store" }).then(
          () => true,
          () => false,
        ),
      );
      expect(reached, "the service worker reaches the server").toBe(false);
    }
  }

  async restoreNetwork(): Promise<void> {
    await this.page.context().setOffline(false);
  }

  /** The service worker answers for this page, so that it can be reloaded without a network. */
  async expectControlledByServiceWorker(): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(() => navigator.serviceWorker.controller?.state), {
        timeout: 30_000,
      })
      .toBe("activated");
  }
}

/** The checkbox of a todo is labelled by its title, whether that is being edited or not. */
async function titlesIn(todos: Locator): Promise<string[]> {
  return await todos.locator('[id^="todo-"]').allInnerTexts();
}
