"""What the page shows, as small JSON values: pure functions of a session, without gradio."""
