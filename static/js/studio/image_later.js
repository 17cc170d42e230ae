/** What the first edit of an image doesn't need: fetched behind it, all at once, the lists with what they ask for. */

/** @param {boolean} described whether labels ask for attributes @returns {Promise<object>} the modules that the room uses itself */
export async function fetchLater(described) {
  const [lists, fields, view, heard, smooth, hints] = await Promise.all([
    import("./image_lists.js"), described && import("./attribute_fields.js"), import("./image_view.js"), import("./image_heard.js"), import("./mask_smooth.js"), import("./image_hints.js"), import("./image_large.js"),
    import("./image_rows.js"), import("./mark_list.js"), import("./windowed_list.js"), import("./list_window.js"), import("./list_tools.js"), import("./list_order.js"), import("./label_search.js"), import("./mark_group.js"), import("./region_groups.js"), import("./hover_links.js"),
  ]);
  return { lists, fields, view, heard, smooth, hints };
}
