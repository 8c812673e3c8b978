/** How imports resolve that are no paths, in the form that dependency-cruiser reads. */
import { fileURLToPath } from "node:url";

const todoApp = fileURLToPath(new URL("../../apps/todo", import.meta.url));

export default { resolve: { alias: { "@": todoApp } } };
