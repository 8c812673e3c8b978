/**
 * A rule: a switch over a union names all of its members, or has a default. It is
 * typescript-eslint's, less the switches over `typeof`, of which the language has more members
 * than anyone means.
 */
import tseslint from "typescript-eslint";

const original = tseslint.plugin.rules["switch-exhaustiveness-check"];

export const exhaustiveSwitch = {
  ...original,
  create(context) {
    const { SwitchStatement: check, ...others } = original.create(context);
    return {
      ...others,
      SwitchStatement(node) {
        const { type, operator } = node.discriminant;
        if (type === "UnaryExpression" && operator === "typeof") return;
        check(node);
      },
    };
  },
};
