"""The Train page: the form, the live chart, the transport and what is told beside it."""
