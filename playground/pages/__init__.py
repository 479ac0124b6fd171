"""The process of the pages: it draws them from plain JSON, carries values and events, and knows no model."""
