// Elements without a framework: h() makes HTML, s() makes SVG. Texts become
// text nodes, so nothing that an office wrote can become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {})) {
		if (typeof value === "function")
			element.addEventListener(name, value);
		else if (value === true)
			element.setAttribute(name, "");
		else if (value !== null && value !== undefined && value !== false)
			element.setAttribute(name, value);
	}
	append(element, children);
	return element;
}

function append(element, children) {
	for (const child of children) {
		if (Array.isArray(child))
			append(element, child);
		else if (child !== null && child !== undefined && child !== false)
			element.append(child);
	}
}

export function h(name, attributes, ...children) {
	return fill(document.createElement(name), attributes, children);
}

export function s(name, attributes, ...children) {
	return fill(document.createElementNS(SVG, name), attributes, children);
}

// A block of the page: a black rule, a head with a remark, what follows.
export function block(head, remark, ...children) {
	return h("section", { class: "blk" },
		h("h2", {}, head, remark ? h("small", {}, remark) : null),
		...children);
}

// heads: [text, class]; a table with one head row.
export function table(kind, heads, rows, caption) {
	return h("table", { class: kind },
		caption ? h("caption", { class: "sr" }, caption) : null,
		h("thead", {}, h("tr", {}, heads.map(([text, cls, hidden]) =>
			h("th", { scope: "col", class: cls },
				hidden ? h("span", { class: "sr" }, text) : text)))),
		h("tbody", {}, rows));
}
