import { browserProject } from "../../tools/vitest/projects.ts";

export default browserProject("plasma-client-browser");
