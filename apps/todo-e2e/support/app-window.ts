/** One person's window of the app: what every page of it has, in the words of the screen. */
import { expect } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import type { Person } from "./person.ts";

export class AppWindow {
  readonly page: Page;
  readonly person: Person;
  readonly offlineSwitch: Locator;
  readonly viewAs: Locator;
  readonly syncStatus: Locator;

  constructor(page: Page, person: Person) {
    this.page = page;
    this.person = person;
    this.offlineSwitch = page.getByRole("switch", { name: "Take this window offline" });
    this.viewAs = page.getByRole("combobox", { name: "View as" });
    this.syncStatus = page.getByRole("status", { name: "Sync status" });
  }

  /** Opens the app as the person. */
  async open(): Promise<void> {
    await this.openAt({});
  }

  protected async openAt(query: Record<string, string>): Promise<void> {
    await this.page.goto(`/?${new URLSearchParams({ as: this.person, ...query })}`);
    // The window belongs to the person once the app runs in it: a test that goes elsewhere before would lose them.
    await expect(this.viewAs).toHaveValue(this.person);
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
