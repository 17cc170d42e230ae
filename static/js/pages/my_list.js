/** A work list: what each task is about, with what its tasker answered drawn over it. */

import { drawLooks } from "./tasks.js";

const told = document.getElementById("list-view");
if (told) drawLooks(document, JSON.parse(told.textContent ?? ""));
