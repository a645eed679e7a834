// Opens a conversation and scrolls from its newest message towards its oldest, as fast as a
// thumb that flicks again and again.

const pixelsPerSecond = 6_000;
// At most this much from one frame to the next, however late it is: less than a window.
const most = 400;

/** scroll goes on until the first message or for at most `bound` ms. */
export async function scroll(page, url, bound) {
  const start = performance.now();
  await page.goto(url);
  await page.waitForSelector("[data-testid=message-text]", { timeout: 30_000 });
  const opened = performance.now() - start;
  return { opened, ...(await page.evaluate(run, { bound, pixelsPerSecond, step: most })) };
}

/** Runs on the page. A frame is counted when the browser asks for one. */
async function run({ bound, pixelsPerSecond, step }) {
  const feed = document.querySelector("[data-testid=chat-timeline]");
  const scroller = feed.querySelector("[data-scroll]");
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const nodes = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
    let count = 0;
    while (walker.nextNode()) count++;
    return count;
  };
  const numbers = () => [...feed.querySelectorAll("[data-testid=message-text]")].map((text) => Number.parseInt(text.textContent, 10));
  await frame();
  const newest = Math.max(...numbers());
  const gaps = [];
  const seen = new Set();
  let oldest = newest;
  let most = 0;
  let whole = 0;
  let before = await frame();
  const start = before;
  while (before - start < bound && oldest > 1) {
    const now = await frame();
    gaps.push(now - before);
    scroller.scrollTop -= Math.min(step, (pixelsPerSecond * (now - before)) / 1000);
    before = now;
    most = Math.max(most, nodes(feed));
    if (gaps.length % 20 === 0) whole = Math.max(whole, nodes(document));
    const shown = numbers();
    shown.forEach((number) => seen.add(number));
    oldest = Math.min(oldest, ...shown);
  }
  const seconds = (before - start) / 1000;
  const ordered = gaps.toSorted((a, b) => a - b);
  return {
    fps: gaps.length / seconds, seconds, passed: newest - oldest + 1, seen: seen.size, nodes: most, document: whole,
    p95: ordered[Math.floor(0.95 * ordered.length)], long: gaps.filter((gap) => gap > 50).length,
  };
}
