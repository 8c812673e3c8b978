/** One person's window of the todo app: what one does there, in the words of the screen. */
import { expect } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import type { TestList } from "./api-client.ts";
import { AppWindow } from "./app-window.ts";
import type { Person } from "./person.ts";

export class TodoPage extends AppWindow {
  readonly newTodo: Locator;
  readonly newListButton: Locator;
  readonly shareButton: Locator;
  readonly refusedChanges: Locator;
  readonly todoList: Locator;
  readonly todos: Locator;

  constructor(page: Page, person: Person) {
    super(page, person);
    this.newTodo = page.getByRole("textbox", { name: "Add a todo" });
    this.newListButton = page.getByRole("button", { name: "New list" });
    this.shareButton = page.getByRole("button", { name: "Share list" });
    this.refusedChanges = page.getByRole("region", { name: "Refused changes" });
    this.todoList = page.getByRole("list", { name: "Todos" });
    this.todos = this.todoList.getByRole("listitem");
  }

  /** Opens the app as the person, at a list or (null) wherever the app begins. */
  override async open(list?: TestList | null): Promise<void> {
    await this.openAt(list ? { list: list.id } : {});
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
}

/** The checkbox of a todo is labelled by its title, whether that is being edited or not. */
async function titlesIn(todos: Locator): Promise<string[]> {
  return await todos.locator('[id^="todo-"]').allInnerTexts();
}
