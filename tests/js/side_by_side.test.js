import assert from "node:assert/strict";
import { test } from "node:test";
import { linkOf } from "../../static/js/pages/side_by_side.js";

const page = (...rels) => ({
  querySelector: (asked) => rels.find((rel) => asked === `[data-steps] a[rel="${rel}"]`) ?? null,
});

test("The arrows follow the page's own links, and no other key does", () => {
  assert.equal(linkOf("ArrowRight", page("prev", "next")), "next");
  assert.equal(linkOf("ArrowLeft", page("prev", "next")), "prev");
  assert.equal(linkOf("ArrowLeft", page("next")), null);
  assert.equal(linkOf("Enter", page("prev", "next")), null);
});
