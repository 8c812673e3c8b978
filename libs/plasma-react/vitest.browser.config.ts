import { browserProject } from "../../tools/vitest/projects.ts";

export default browserProject("plasma-react-browser", {
  optimizeDeps: ["react", "react-dom", "react-dom/client", "react/jsx-dev-runtime"],
});
