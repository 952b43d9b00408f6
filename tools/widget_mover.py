"""Moves every widget of a page by one step, by keyboard, and looks whether something answers.

The convention for notebooks and pocketgpt_lessons.display: controls (slider, menu, button, check box, text) stand in
a container with the CSS class `pocket-widget`, as by `box.add_class("pocket-widget")`; `interact` makes one,
too. Using a control must change something visible in that container besides the control itself. A control, or
a box of controls, with the class `pocket-quiet` is left alone: a stop button after the end, say.
"""

from collections.abc import Callable

from playwright.sync_api import ElementHandle, Page
from playwright.sync_api import TimeoutError as TooLate

CONTROLS = """
    .jupyter-widgets [role=slider], .widget-dropdown select, button.jupyter-button,
    .widget-checkbox input, .widget-radio input, .widget-text input, .widget-textarea textarea
"""
ANSWER_MS = 60_000

# JavaScript, control => facts about it. A toggle or radio button that is chosen already can't be moved. A slider of
# named stops, unlike all other widgets, has no class jupyter-widgets.
DESCRIBE = """control => {
    const root = control.matches('button') ? control : control.closest('.jupyter-widgets, .widget-slider');
    const labels = [...root.querySelectorAll('.widget-label, .widget-label-basic')];
    const label = labels.map(each => each.textContent).join('') || root.textContent;
    const toggled = control.matches('.widget-toggle-buttons .mod-active');
    const chosen = toggled || (control.type === 'radio' && control.checked);
    const kind = control.getAttribute('role') || (control.matches('button') ? 'button' : control.type);
    const select = kind === 'select-one' && control.selectedIndex === control.options.length - 1;
    const slider = kind === 'slider' && control.ariaValueNow === control.ariaValueMax;
    return {
        label: label.replaceAll('\\u200b', '').trim().slice(0, 40),
        contained: control.closest('.pocket-widget, .widget-interact') !== null,
        skip: control.disabled || chosen || control.closest('.pocket-quiet') !== null,
        kind: kind,
        atEnd: select || slider,
    };
}"""
# JavaScript, control => all that its container shows besides the control itself, as one string.
SHOWN = """control => {
    const container = control.closest('.pocket-widget, .widget-interact');
    if (!container) return null;
    const own = control.matches('button') ? control : control.closest('.jupyter-widgets, .widget-slider');
    own.setAttribute('data-moved', '');
    const copy = container.cloneNode(true);
    copy.querySelectorAll('[data-moved]').forEach(element => element.remove());
    own.removeAttribute('data-moved');
    const fields = [...container.querySelectorAll('input, select, textarea')];
    const others = fields.filter(field => !own.contains(field));
    const values = others.map(field => field.value + field.checked).join('|');
    return copy.innerHTML + values + (control.matches('button') ? control.textContent : '');
}"""


def move_widgets(page: Page, wait_until_idle: Callable[[], object]) -> list[str]:
    """Move each visible control once; one sentence for each that nothing answered to."""
    found = []
    for control in page.query_selector_all(CONTROLS):
        # An answer may have replaced or hidden this control.
        if not control.is_visible():
            continue
        facts = control.evaluate(DESCRIBE)
        name = f"the {facts['kind']} “{facts['label']}”"
        if facts["skip"]:
            continue
        if not facts["contained"]:
            found.append(f"{name} stands in no container with the class pocket-widget")
        elif not answers(page, control, facts):
            found.append(f"nothing answered when {name} was moved")
        wait_until_idle()
    return found


def answers(page: Page, control: ElementHandle, facts: dict) -> bool:
    """Move the control; True as soon as something else in its container has changed."""
    before = control.evaluate(SHOWN)
    move(page, control, facts["kind"], facts["atEnd"])
    changed = f"([control, before]) => ({SHOWN})(control) !== before"
    try:
        page.wait_for_function(changed, arg=[control, before], timeout=ANSWER_MS, polling=30)
    except TooLate:
        return False
    return True


def move(page: Page, control: ElementHandle, kind: str, at_end: bool) -> None:
    """One step by keyboard: a slider or menu goes on by one (at its end, back); a text gets a letter."""
    control.focus()
    if kind == "slider":
        page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
    elif kind == "select-one":
        # In a menu that is closed, JupyterLab takes the arrows for itself, to go from cell to cell.
        for key in ("Space", "ArrowUp" if at_end else "ArrowDown", "Enter"):
            page.keyboard.press(key)
            page.wait_for_timeout(100)
    elif kind in ("text", "textarea"):
        page.keyboard.press("End")
        page.keyboard.type("e")
        page.keyboard.press("Enter")
        control.evaluate("control => control.blur()")
    else:
        page.keyboard.press("Space")
