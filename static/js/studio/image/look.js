/** How the image is looked at: brightness, contrast, how strongly marks cover it, the crosshair. Kept from task to task. */
export const LOOK = { brightness: 1, contrast: 1, opacity: 1, crosshair: true };

/** The image's CSS filter. */
export function filterOf({ brightness, contrast }) {
  return brightness === 1 && contrast === 1 ? "" : `brightness(${brightness}) contrast(${contrast})`;
}
