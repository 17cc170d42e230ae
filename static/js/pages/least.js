/** The least score as a slider beside its field: each follows the other, and whoever listens to the field hears of both. */
const [slider, field] = ["least-slider", "id_minimum_score"].map((id) => document.getElementById(id));

if (slider instanceof HTMLInputElement && field instanceof HTMLInputElement) {
  const follow = () => (slider.value = field.value || "0");
  follow();
  field.addEventListener("input", follow);
  slider.addEventListener("input", () => {
    field.value = slider.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
