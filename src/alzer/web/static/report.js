/** The way to the report of an answer. */

const part = (id) => document.getElementById(id);

/**
 * Connect the link; give the function that leads it to the report of an answer.
 *
 * Once the map has been checked on the page, the report tells of the check, too.
 */
export function prepareReport(root) {
  let address = "";
  const lead = () => {
    part("report-link").href = `${address}${part("map-result").hidden ? "" : "?check=true"}`;
  };
  new MutationObserver(lead).observe(part("map-result"), { attributeFilter: ["hidden"] });
  return ({ analysis_id: id }) => {
    address = `${root}/analyses/${id}/report`;
    lead();
  };
}
