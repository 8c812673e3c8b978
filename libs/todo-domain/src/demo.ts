/** The people that a fresh local database starts with: one signs in as one of them, without a password. */

export const demoPeople = [
  { id: "ada", name: "Ada", color: "#7c3aed" },
  { id: "grace", name: "Grace", color: "#0d9488" },
  { id: "linus", name: "Linus", color: "#ea580c" },
] as const;

export type DemoPersonId = (typeof demoPeople)[number]["id"];
