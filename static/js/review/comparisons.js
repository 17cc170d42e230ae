/** How answers of each task type are compared: fetched where they are. */
const COMPARISONS = {
  classification: () => import("./compare_fields.js"),
  image_regions: () => import("./compare_image.js"),
  preference: () => import("./compare_pair.js"),
  text_spans: () => import("./compare_text.js"),
};

/** @param {string} taskType @returns {Promise<any>} its module */
export const loadComparison = (taskType) => COMPARISONS[taskType]();
