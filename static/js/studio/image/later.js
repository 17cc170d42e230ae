/** What the first edit of an image doesn't need: fetched behind it, all at once, the lists with what they ask for. */

/** @param {boolean} described whether labels ask for attributes @returns {Promise<any>} the modules that the editor uses itself */
export async function fetchLater(described) {
  const [lists, fields, view, heard, smooth, hints] = await Promise.all([
    import("./lists.js"), described && import("../shared/attribute_fields.js"), import("./view.js"), import("./heard.js"), import("./mask_smooth.js"), import("./hints.js"), import("./large.js"),
    import("./rows.js"), import("../shared/mark_list.js"), import("../shared/windowed_list.js"), import("../shared/list_window.js"), import("../shared/list_tools.js"), import("../shared/list_order.js"), import("../shared/label_search.js"), import("../shared/mark_group.js"), import("./region_groups.js"), import("../shared/hover_links.js"),
  ]);
  return { lists, fields, view, heard, smooth, hints };
}
