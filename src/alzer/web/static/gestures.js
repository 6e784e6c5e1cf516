/** Wheel, pinch, drag, keys and buttons, which move and enlarge the pictures. */

const part = (id) => document.getElementById(id);

const BY_KEY = 1.25;
const BY_BUTTON = 1.5;

// Of one step of a wheel, or of the pixels of a touchpad, which come as a wheel's.
const BY_WHEEL = 0.0015;
const BY_TOUCHPAD = 0.01;

const STEP = 0.1; // of the frame, by an arrow key

const ARROWS = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

const isBoxed = (frame) => frame.classList.contains("boxed");

function connectKeys(view, cursor, frame) {
  const acts = {
    "+": () => view.zoomBy(BY_KEY),
    "=": () => view.zoomBy(BY_KEY), // the same key without Shift
    "-": () => view.zoomBy(1 / BY_KEY),
    0: () => view.reset(),
  };
  const arrow = ([right, down], isShifted) => {
    if (isShifted) return cursor.step(right, down);
    // The frame moves over the picture.
    view.moveBy(-right * STEP * frame.clientWidth, -down * STEP * frame.clientHeight);
  };
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = ARROWS[event.key];
    if (!step && !acts[event.key]) return;
    event.preventDefault(); // the page would scroll
    if (step) arrow(step, event.shiftKey);
    else acts[event.key]();
  });
}

/** The page scrolls over a picture that has not been clicked. */
function connectWheel(view, frame) {
  frame.addEventListener(
    "wheel",
    (event) => {
      const isOurs = event.ctrlKey || frame.contains(document.activeElement);
      if (!isOurs || (view.isWhole && event.deltaY > 0 && !event.ctrlKey)) return;
      event.preventDefault();
      const step = event.ctrlKey ? BY_TOUCHPAD : BY_WHEEL;
      view.zoomBy(Math.exp(-event.deltaY * step), view.placeOf(frame, event));
    },
    { passive: false },
  );
}

/** What two fingers span: their middle, and how far apart they are. */
function spanOf([one, other]) {
  return {
    clientX: (one.clientX + other.clientX) / 2,
    clientY: (one.clientY + other.clientY) / 2,
    length: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
  };
}

function connectPointers(view, cursor, greys, frame) {
  const down = new Map(); // where each pointer was last

  function pinch(event) {
    const before = spanOf([...down.values()]);
    down.set(event.pointerId, event);
    const after = spanOf([...down.values()]);
    view.zoomBy(after.length / Math.max(before.length, 1), view.placeOf(frame, before));
    view.moveBy(after.clientX - before.clientX, after.clientY - before.clientY);
  }

  function drag(event) {
    const before = down.get(event.pointerId);
    const [right, below] = [event.clientX - before.clientX, event.clientY - before.clientY];
    down.set(event.pointerId, event);
    if (greys.isDragged()) return greys.moveBy(right, below);
    if (!view.isWhole) view.moveBy(right, below);
    cursor.point(frame, event);
  }

  frame.addEventListener("pointerdown", (event) => {
    if (isBoxed(frame) || event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    down.set(event.pointerId, event);
    if (down.size === 1) cursor.point(frame, event);
  });
  frame.addEventListener("pointermove", (event) => {
    if (down.size === 2 && down.has(event.pointerId)) return pinch(event);
    if (down.has(event.pointerId)) return drag(event);
    cursor.point(frame, event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    frame.addEventListener(name, (event) => down.delete(event.pointerId));
  }
  frame.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") cursor.leave();
  });
}

/** While the whole picture is shown a finger scrolls the page over it. */
function connectTouch(view, greys) {
  const settle = () => {
    const isOurs = !view.isWhole || greys.isDragged();
    for (const frame of view.frames) frame.classList.toggle("moved-by-touch", isOurs);
  };
  view.addEventListener("change", settle);
  greys.addEventListener("change", settle);
}

/** Connect everything that moves the view of both pictures. */
export function connectGestures(view, cursor, greys) {
  for (const frame of view.frames) {
    connectKeys(view, cursor, frame);
    connectWheel(view, frame);
    connectPointers(view, cursor, greys, frame);
  }
  connectTouch(view, greys);
  part("zoom-in").addEventListener("click", () => view.zoomBy(BY_BUTTON));
  part("zoom-out").addEventListener("click", () => view.zoomBy(1 / BY_BUTTON));
  part("zoom-reset").addEventListener("click", () => view.reset());
  view.addEventListener("change", () => {
    part("zoom-value").value = `${Math.round(100 * view.zoom)} %`;
  });
}
