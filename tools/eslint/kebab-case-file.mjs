/** A rule: file names are kebab-case, with suffixes such as `.browser.test` after dots. */
import { basename } from "node:path";

const kebabCase = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)+$/;

export const kebabCaseFile = {
  meta: {
    type: "suggestion",
    schema: [],
    messages: { rename: "Name this file in kebab-case: {{name}} is not." },
  },
  create(context) {
    return {
      Program(node) {
        const name = basename(context.filename);
        if (!kebabCase.test(name)) context.report({ node, messageId: "rename", data: { name } });
      },
    };
  },
};
