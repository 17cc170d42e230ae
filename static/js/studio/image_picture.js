/** What the image studio's two canvases show of a desk's state. */
import { toScreen } from "./geometry.js";
import { drawBox, drawCross } from "./image_tools.js";
import { boxAround, drawMask, edgeOf } from "./layers.js";

const OFFER = "#12b5d6";

/**
 * @param {{desk: object, colourOf: (label: string) => string, size: {width: number, height: number},
 *   bare: () => boolean}} options bare: leave every mask out, to see the image itself
 */
export function createPicture({ desk, colourOf, size, bare }) {
  let bitmap = null;
  const edge = edgeOf(size);

  function drawImage(context, view) {
    context.imageSmoothingEnabled = view.scale < 3;
    context.imageSmoothingQuality = "medium";
    if (bitmap) context.drawImage(bitmap, view.x, view.y, size.width * view.scale, size.height * view.scale);
  }

  function drawRegions(context, view) {
    for (const region of desk.state.regions) {
      if (desk.hidden.has(region.id)) continue;
      const chosen = region.id === desk.selected;
      const look = chosen ? { edge: edge * 2, fill: 0.5 } : { edge };
      drawMask(context, view, region.shape, { colour: colourOf(region.label), ...look });
      if (chosen) drawBox(context, view, boxAround(region.shape));
    }
  }

  function drawOffer(context, view) {
    const { proposal } = desk.state;
    if (!proposal) return;
    const mask = proposal.masks[proposal.chosen];
    if (mask) {
      drawMask(context, view, mask, {
        colour: OFFER,
        edge: Math.max(1, Math.round((edge * 1.5 * mask.size[1]) / size.width)),
        fill: 0.42,
        sizeRatio: size.width / mask.size[1],
      });
    }
    if (proposal.box && !mask) drawBox(context, view, proposal.box);
    for (const [x, y, adds] of proposal.points) drawPoint(context, view, x, y, adds);
  }

  return {
    setBitmap(next) {
      bitmap = next;
    },
    drawBase(context, view) {
      drawImage(context, view);
      if (bare()) return;
      drawRegions(context, view);
      drawOffer(context, view);
    },
    drawTop(context, viewport, tool, cursor) {
      tool.draw(context);
      if (!cursor) return;
      drawCross(context, viewport, cursor.at);
      if (cursor.corner) drawBox(context, viewport.view, boxOfCorners(cursor.corner, cursor.at));
      drawTarget(context, viewport.view, cursor.at);
    },
  };
}

function boxOfCorners([ax, ay], [bx, by]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.abs(ax - bx), Math.abs(ay - by)];
}

/** A click that was made: a plus or a minus in a disc, so that it does not rest on colour. */
function drawPoint(context, view, x, y, adds) {
  const [sx, sy] = toScreen(view, x + 0.5, y + 0.5);
  context.beginPath();
  context.arc(sx, sy, 8, 0, Math.PI * 2);
  context.fillStyle = adds ? "#0b6e85" : "#b3322b";
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.beginPath();
  context.moveTo(sx - 4, sy);
  context.lineTo(sx + 4, sy);
  if (adds) {
    context.moveTo(sx, sy - 4);
    context.lineTo(sx, sy + 4);
  }
  context.stroke();
}

function drawTarget(context, view, at) {
  const [x, y] = toScreen(view, ...at);
  context.beginPath();
  context.arc(x, y, 9, 0, Math.PI * 2);
  context.lineWidth = 4;
  context.strokeStyle = "rgb(0 0 0 / 80%)";
  context.stroke();
  context.lineWidth = 2;
  context.strokeStyle = "#ffffff";
  context.stroke();
}
