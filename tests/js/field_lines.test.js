import assert from "node:assert/strict";
import { test } from "node:test";

import { choicesOf, earlierChoices, fieldKey, labelKey, readLine, readLines, writeLine } from "../../static/js/pages/field_lines.js";

const LINES = [
  "Subject (choice)",
  "Seen (multiple, optional)",
  "Kind (tree) when Subject is animal",
  "Legs (number 0 to 8 step 1 legs)",
  "Depth (number -2.5 to 0.5 m, optional)",
  "Count (number step 2)",
  "Weight (number)",
  "Remark (text 500, optional) when Seen is water",
  "Why (text) when What is it is water",
  "Words (text)",
  "Light (choice, collected)",
  "Second (choice, optional, counts)",
  "Third (choice, weight 2)",
  "Fourth (number, optional, counts, weight 0.5)",
];

test("what is read from a line is written as it was", () => {
  for (const line of LINES) assert.equal(writeLine(readLine(line)), line);
  assert.deepEqual(readLine(LINES[3]), { name: "Legs", kind: "number", required: true, counts: true, weight: "", min: "0", max: "8", step: "1", unit: "legs", longest: "", field: "", is: "" });
  assert.equal(readLine("Why (text) when What is it is water").field, "What is it");
});

test("what counts is said where it isn't as what is required", () => {
  assert.equal(readLine("Light (choice, collected)").counts, false);
  assert.equal(readLine("Remark (text, optional)").counts, false);
  assert.equal(writeLine({ ...readLine("Light (choice, collected)"), counts: true }), "Light (choice)");
  assert.equal(readLine("Light (choice, optional, counts, twice)"), null);
});

test("what is only collected has no weight, and nothing has two", () => {
  assert.equal(writeLine({ ...readLine("Third (choice, weight 2)"), counts: false }), "Third (choice, collected)");
  assert.equal(writeLine({ ...readLine("Third (choice)"), weight: "1,5)" }), "Third (choice, weight 1.5)");
  assert.equal(readLine("Third (choice, weight 2, weight 3)"), null);
  assert.equal(readLine("Third (choice, weight much)").weight, "much"); // for the server to reject
});

test("half of a range is kept for the server to reject", () => {
  const row = { ...readLine("Legs (number)"), min: "1" };
  assert.equal(writeLine(row), "Legs (number 1 to)");
  assert.equal(readLine(writeLine(row)).min, "1");
  assert.equal(readLine(writeLine({ ...row, min: "", max: "4" })).max, "4");
});

test("lines that no row can show stay lines", () => {
  assert.equal(readLines("Subject (choice)\nMood"), null);
  assert.equal(readLines("Mood (colour)"), null);
  assert.equal(readLines("\n Mood (text) \n").length, 1);
});

test("a name can't break its line", () => {
  assert.equal(writeLine({ ...readLine("A (choice)"), name: " Kind (of\n animal) " }), "Kind of animal (choice)");
  assert.equal(writeLine({ ...readLine("A (choice)"), name: " " }), "");
});

test("keys are made of names as the server makes them", () => {
  assert.equal(fieldKey("What hurts most?"), "what_hurts_most");
  assert.equal(fieldKey("Größe 2"), "größe_2");
  assert.equal(labelKey("Café au lait"), "cafe_au_lait");
  assert.equal(labelKey("馬"), "馬");
});

test("the choices of a field are its labels and what lies under them", () => {
  const rows = LINES.map(readLine);
  const labels = [
    { key: "animal", name: "Animal", field: "", parent: "" },
    { key: "water", name: "Water", field: "seen", parent: "" },
    { key: "mammal", name: "Mammal", field: "Kind", parent: "" },
    { key: "horse", name: "Horse", field: "", parent: "Mammal" },
  ];
  const keys = (field) => choicesOf(field, rows, labels).map((label) => label.key);
  assert.deepEqual([keys("Subject"), keys("Seen"), keys("Kind")], [["animal"], ["water"], ["mammal", "horse"]]);
  assert.deepEqual(earlierChoices(rows, 2).map((row) => row.name), ["Subject", "Seen"]);
});
