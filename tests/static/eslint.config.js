/* What eslint holds the scripts of the page to. `npx eslint` in this folder. */
import js from "@eslint/js";
import globals from "globals";

const unused = { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true, caughtErrors: "none" };
const rules = {
  ...js.configs.recommended.rules,
  eqeqeq: "error",
  "no-implicit-globals": "error",
  "no-restricted-globals": ["error", "event", "name", "length", "status", "top", "parent", "origin"],
  "no-unused-vars": ["error", unused],
  "no-use-before-define": ["error", { functions: false, variables: false }],
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": ["error", { destructuring: "all" }],
  "no-cond-assign": ["error", "except-parens"],
  "no-control-regex": "off",                           // a file that holds such characters is no text
};

export default [
  { files: ["static/**/*.js"], languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser }, rules },
  { files: ["tests/static/**/*.mjs"], languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: { ...globals.browser, ...globals.node } }, rules },
];
