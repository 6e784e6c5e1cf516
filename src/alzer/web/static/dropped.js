/** All files of what was dropped, folders included. */

async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    // A browser gives them in portions, of which an empty one is the last.
    const portion = await new Promise((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (portion.length === 0) return entries;
    entries.push(...portion);
  }
}

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const inside = await entriesOf(entry);
  return (await Promise.all(inside.map(filesOf))).flat();
}

/** Files that systems leave in folders are no part of a scan. */
export function withoutHidden(files) {
  return files.filter(({ name }) => !name.startsWith(".") && name !== "Thumbs.db");
}

/**
 * Return the files of a drop.
 *
 * Must be called while the event is handled: its items are empty afterwards.
 */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.());
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  const nested = await Promise.all(entries.filter(Boolean).map(filesOf));
  return withoutHidden(nested.flat());
}
