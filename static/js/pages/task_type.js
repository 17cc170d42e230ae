/** A new project's form shows only what the chosen task type asks. */

const form = document.querySelector("[data-task-type]");

function follow() {
  const chosen = form.querySelector("[name=task_type]:checked")?.value ?? "";
  const asked = { image_regions: "image", text_spans: "text", preference: "pair" }[chosen] ?? "any";
  form.querySelector("[data-labels]").dataset.media = asked === "pair" ? "any" : asked;
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(asked);
  for (const part of form.querySelectorAll("[data-not-for]")) part.hidden = part.dataset.notFor === asked;
  const also = form.querySelector("[name=also_asked]").value;
  form.querySelector("[data-labels-part]").hidden = asked === "pair" && !/\((choice|multiple|tree)\b/.test(also);
}

if (form) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "task_type") follow();
  });
  for (const kind of ["input", "tandem:asked"]) form.querySelector("[name=also_asked]").addEventListener(kind, follow);
  follow();
}
