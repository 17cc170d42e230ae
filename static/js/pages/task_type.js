/** A new project's form shows only what the chosen task type asks. */

const form = document.querySelector("[data-task-type]");

function follow() {
  const chosen = form.querySelector("[name=task_type]:checked")?.value ?? "";
  const media = chosen.startsWith("image") ? "image" : "text";
  form.querySelector("[data-labels]").dataset.media = media;
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== media;
}

if (form) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "task_type") follow();
  });
  follow();
}
