/** One room per task type, by the name that the server gives it. A new type is one module and one line here. */
import { createRoom as imageRegions } from "./image_regions.js";
import { createRoom as textSpans } from "./text_spans.js";

export const ROOMS = {
  image_regions: imageRegions,
  text_spans: textSpans,
};
