/** All files of what was dropped, folders included. */

const paths = new WeakMap();

/** Return where a file lies in what was chosen or dropped, such as `study/1.dcm`. */
export const pathOf = (file) => file.webkitRelativePath || paths.get(file) || file.name;

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
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    paths.set(file, entry.fullPath?.replace(/^\//, ""));
    return [file];
  }
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
