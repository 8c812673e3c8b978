/** What of this workspace is the todo demo: by project, its files, and the words in files that stay. */

const components = (...names) => names.map((name) => `components/${name}.tsx`);
const lib = (...names) => names.map((name) => `lib/${name}.ts`);
const src = (...names) => names.map((name) => `src/${name}.ts`);

export const demoTables = ["lists", "members", "invites", "todos"];

export const demoQueries = [
  "TodoFilter",
  "myLists",
  "todosOfList",
  "membersOfList",
  "invitesOfList",
];

/** Of the args that mutators share, those that only the demo's need. */
export const demoArgs = ["listName", "todoTitle", "position", "inviteToken"];

export const demoFiles = {
  domain: src(
    "demo-lists",
    "gone-rows.test",
    "schema.test",
    "simulation.test",
    "mutators/lists",
    "mutators/members",
    "mutators/todos",
    "tables/invites",
    "tables/membership",
    "tables/todos",
  ),
  app: [
    "app/join/page.tsx",
    ...components(
      "add-todo",
      "confirm-dialog",
      "delete-list",
      "dialog",
      "empty-list",
      "inline-edit",
      "invite-link",
      "join-list",
      "leave-list",
      "list-header",
      "list-name",
      "list-view",
      "lists-nav",
      "member-list",
      "new-list",
      "no-such-list",
      "share-dialog",
      "todo-filter-bar",
      "todo-item",
      "todo-list",
      "todo-title",
      "welcome",
      "workspace",
      "workspace-skeleton",
    ),
    ...lib(
      "describe-todo-mutation.test",
      "drag-announcements",
      "invite-link",
      "invite-link.test",
      "rows",
      "todo-order",
      "todo-order.test",
      "use-focus-after-switch",
      "use-selected-list",
    ),
  ],
  worker: src(
    "exactly-once.worker.test",
    "node-sync.test",
    "people-to-wake.worker.test",
    "privacy.worker.test",
    "sharing.worker.test",
  ),
  e2e: [
    ...[
      "api-client",
      "database",
      "durable-browser",
      "local-data",
      "tab",
      "todo-page",
      "traffic",
      "unique",
    ].map((name) => `support/${name}.ts`),
    ...[
      "accessibility",
      "keyboard",
      "live-edits",
      "many-tabs",
      "offline-edits",
      "page-crash",
      "phone",
      "private-lists",
      "refused-changes",
      "worker-crash",
    ].map((name) => `tests/${name}.spec.ts`),
  ],
};

/** Outside of the projects: what the README shows of the demo. */
export const demoRootFiles = [
  "docs/two-windows-dark.png",
  "docs/two-windows-light.png",
  "tools/scripts/picture.mjs",
];

/** Packages that nothing needs any more. */
export const demoPackages = {
  domain: ["fractional-indexing"],
  app: ["@dnd-kit/core", "@dnd-kit/sortable", "@dnd-kit/utilities", "fractional-indexing"],
  worker: ["fractional-indexing"],
  e2e: ["@sh1n4ps/plasma-core", "@types/better-sqlite3", "better-sqlite3"],
};

/** What is replaced in files that stay: `[from, to]`. Where somebody wrote something else, it is left as it is. */
export const demoWords = {
  app: {
    "app/layout.tsx": [
      [
        'title: { default: "Plasma lists", template: "%s · Plasma lists" }',
        'title: { default: "Plasma", template: "%s · Plasma" }',
      ],
      [
        "Shared to-do lists that work offline and keep themselves in step.",
        "Works offline, and keeps itself in step.",
      ],
      [
        "  // The invite token is in the address of the join page: it must not travel in a referrer.\n",
        "",
      ],
    ],
    "components/person-select.tsx": [
      ['import { openList } from "@/lib/use-selected-list";\n', ""],
      ["    openList(null);\n", ""],
    ],
    "public/manifest.webmanifest": [
      ['"name": "Plasma lists"', '"name": "Plasma"'],
      [
        "Shared to-do lists that work offline and keep themselves in step.",
        "Works offline, and keeps itself in step.",
      ],
    ],
    "public/sw.js": [['const PAGES = ["/", "/join"', 'const PAGES = ["/"']],
    "package.json": [['"The todo app."', '"The app."']],
  },
  worker: {
    "src/app.ts": [["await peopleToWake(executor, rows)", "peopleToWake(rows)"]],
    "README.md": [
      ["The backend of the todo app", "The backend of the app"],
      ["the demo's people and lists;", "the demo's people;"],
    ],
    "package.json": [["The sync backend of the todo app", "The sync backend of the app"]],
  },
  domain: {
    "package.json": [
      ["that the todo app and its worker share", "that the app and its worker share"],
    ],
  },
  e2e: {
    "package.json": [["End-to-end tests of the todo app", "End-to-end tests of the app"]],
  },
};
