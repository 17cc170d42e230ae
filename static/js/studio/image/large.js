/**
 * A large image, decoded beside the page's own thread, the small sizes first: it is seen, and worked on, while its finest
 * pixels are still coming.
 */

/**
 * @param {string} url
 * @param {{width: number, height: number}} size of the whole
 * @param {number} small pixels of the coarsest size, at most
 * @param {(level: ImageBitmap) => boolean} onLevel false: no more are wanted
 * @returns {Promise<void>} once the coarsest has come; rejects when the image cannot be had
 */
export async function decodeLarge(url, size, small, onLevel) {
  const reply = await fetch(url, { credentials: "same-origin" });
  if (!reply.ok) throw new Error(`The image could not be fetched (${reply.status})`);
  const file = await reply.blob();
  const [coarsest, ...finer] = sizesOf(size, small);
  if (onLevel(await bitmapOf(file, coarsest, size))) refine().catch(() => {}); // without the memory the coarser ones stay

  async function refine() {
    for (const one of finer) if (!onLevel(await bitmapOf(file, one, size))) return;
  }
}

function bitmapOf(file, { width, height }, size) {
  return createImageBitmap(file, width === size.width ? {} : { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" });
}

/** The sizes at which a large image is kept, each half of the next, the coarsest first. */
export function sizesOf(size, small) {
  const sizes = [size];
  while (sizes[0].width * sizes[0].height > small) {
    sizes.unshift({ width: Math.ceil(sizes[0].width / 2), height: Math.ceil(sizes[0].height / 2) });
  }
  return sizes;
}
